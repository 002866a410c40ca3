// Writing mapping files with script: line numbers, a way from a problem to its place, what was typed kept in the tab.
// Checking as you type is htmx's; without any script the buttons do the same.
"use strict";

const form = document.querySelector("form[data-editor]");
const text = document.getElementById("text");

// ---- what was typed stays, until it is applied or discarded ------------------------------------------------------

const kept = (name) => `mapping:${name}`;

function keep() {
  const opened = form.elements.opened.value;
  sessionStorage.setItem(kept(form.dataset.editor), JSON.stringify({ opened, text: text.value }));
}

function bringBack() {
  const said = document.getElementById("kept");
  const stored = JSON.parse(sessionStorage.getItem(kept(form.dataset.editor)) ?? "null");
  if (!said || !stored || location.search || stored.text === text.value) return;
  const { opened } = form.elements;
  said.textContent = stored.opened === opened.value ? "What you had typed is back" : "What you had typed is back; the file changed since";
  text.value = stored.text;
  opened.value = stored.opened; // so that what others wrote is shown before it is written over
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

// ---- line numbers and places ----------------------------------------------------------------------------------

function number() {
  const gutter = document.querySelector(".gutter");
  if (!gutter) return;
  const lines = text.value.split("\n").length;
  if (gutter.childElementCount !== lines) {
    gutter.replaceChildren(...Array.from({ length: lines }, (_, at) => {
      const each = document.createElement("span");
      each.textContent = at + 1;
      return each;
    }));
  }
  for (const each of gutter.querySelectorAll("[class]")) each.removeAttribute("class");
  for (const link of document.querySelectorAll("a[data-line]")) {
    const severity = link.closest("li").className;
    gutter.children[link.dataset.line - 1]?.setAttribute("class", severity);
  }
  gutter.scrollTop = text.scrollTop;
}

function goTo(line, column) {
  const before = text.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  const start = before + Math.max(column - 1, 0);
  const word = /^[\w.$-]*/.exec(text.value.slice(start))[0].length;
  text.focus();
  text.setSelectionRange(start, start + Math.max(word, 1));
  const height = parseFloat(getComputedStyle(text).lineHeight);
  text.scrollTop = Math.max(0, (line - 4) * height);
}

// ---- the playground -------------------------------------------------------------------------------------------

function insert(what) {
  text.setRangeText(what, text.selectionStart, text.selectionEnd, "end");
  if (what.endsWith("()")) text.selectionStart = text.selectionEnd -= 1;
  text.focus();
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("a[data-line], [data-insert], [data-copy], [data-discard], [data-applies]");
  if (!target) return;
  const { line, column, insert: what, copy, applies } = target.dataset;
  if (line && text) { event.preventDefault(); goTo(+line, +column); }
  else if (what) insert(what);
  else if (copy) navigator.clipboard.writeText(document.getElementById(copy).textContent).then(() => { target.textContent = "Copied"; });
  else if (applies !== undefined) applies.split(" ").forEach((name) => sessionStorage.removeItem(kept(name)));
  else if ("discard" in target.dataset) sessionStorage.removeItem(kept(form.dataset.editor));
});

for (const each of document.querySelectorAll("[data-copy]")) each.hidden = false;

if (form) {
  form.addEventListener("input", (event) => { if (event.target === text) { keep(); number(); } });
  form.addEventListener("change", (event) => { if ("reload" in event.target.dataset) form.requestSubmit(); });
  text.addEventListener("scroll", () => { document.querySelector(".gutter")?.scrollTo(0, text.scrollTop); });
  document.addEventListener("htmx:after:swap", () => {
    const findings = document.getElementById("findings");
    if (findings) text.setAttribute("aria-invalid", findings.dataset.errors === "1");
    number();
  });
  number();
  addEventListener("load", bringBack); // htmx, which checks it, is ready by then
}
