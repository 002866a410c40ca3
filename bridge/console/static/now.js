// Now: what happens, as it happens. Nothing moves while somebody reads it; then it is said how much is new.
"use strict";

const AT_MOST_EVERY = 2000; // ms
let waiting = 0; // of the next look
let fresh = 0; // events and deliveries that came since the panel was read

function isRead(panel) {
  return panel.matches(":hover, :focus-within") || !panel.querySelector("[data-follow]").checked;
}

function follow(panel) {
  const show = panel.querySelector("[data-show]");
  waiting = 0;
  if (isRead(panel)) {
    show.textContent = `${fresh.toLocaleString("en")} new, show`;
    show.hidden = fresh === 0;
  } else {
    refresh(panel);
  }
}

async function refresh(panel) {
  fresh = 0;
  panel.querySelector("[data-show]").hidden = true;
  await htmx.ajax("GET", "/now/happening", { target: "#latest", swap: "outerMorph" });
}

document.addEventListener("DOMContentLoaded", () => {
  const panel = document.getElementById("happening");
  panel.querySelector("[data-needs-script]").hidden = false;
  panel.querySelector("[data-show]").addEventListener("click", () => refresh(panel));
  document.body.addEventListener("bridge:news", (event) => {
    const { events = [], deliveries = [] } = event.detail;
    fresh += events.length + deliveries.length;
    if (fresh > 0) waiting ||= setTimeout(() => follow(panel), AT_MOST_EVERY);
  });
});
