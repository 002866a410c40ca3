// One event or delivery: its payload is searched, and what can be copied gets a button.
"use strict";

function sift(tree, wanted) {
  const words = wanted.trim().toLowerCase();
  for (const leaf of tree.querySelectorAll(".leaf")) {
    leaf.classList.toggle("found", words !== "" && leaf.textContent.toLowerCase().includes(words));
  }
  if (words === "") return;
  for (const branch of tree.querySelectorAll("details")) {
    const own = branch.firstElementChild.textContent.toLowerCase().includes(words);
    branch.open = branch.querySelector(".found") !== null || own;
  }
  for (let each = tree.querySelector(".found")?.parentElement.closest("details"); each; ) {
    each.open = true;
    each = each.parentElement.closest("details");
  }
  tree.querySelector(".found")?.scrollIntoView({ block: "nearest" });
}

function prepare() {
  for (const box of document.querySelectorAll("[data-sift]")) {
    const tree = box.closest(".in").querySelector("[data-tree]");
    box.closest("label").hidden = false;
    box.addEventListener("input", () => sift(tree, box.value));
  }
  for (const button of document.querySelectorAll("[data-copy-of]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copyOf).textContent);
      button.textContent = "Copied";
    });
  }
}

document.addEventListener("DOMContentLoaded", prepare);
