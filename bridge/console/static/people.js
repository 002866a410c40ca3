// Links and keys that are shown once: copied by a button, links as a whole. The reader's zone is chosen beforehand.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  for (const link of document.querySelectorAll("a[data-whole]")) link.textContent = link.href;
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const text = button.dataset.copy;
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text.startsWith("/") ? new URL(text, location.href).href : text);
      button.textContent = "Copied";
    });
  }
  const zone = document.querySelector("select[data-zone]");
  const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && [...zone.options].some((each) => each.value === mine)) zone.value = mine;
  const keys = document.querySelector("[data-keys]");
  if (keys) {
    const box = keys.querySelector("input");
    keys.hidden = false;
    box.checked = localStorage.getItem("keys") !== "off";
    box.addEventListener("change", () => localStorage.setItem("keys", box.checked ? "on" : "off"));
  }
});
