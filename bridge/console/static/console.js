// What the pages do better with script; nothing depends on it. Times in the reader's zone, "/" and other keys,
// questions as dialogs, notices that go by themselves, and one stream of news per tab.
"use strict";

const EXACT = new Intl.DateTimeFormat(undefined, {
  weekday: "short", day: "numeric", month: "short", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
});
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const NOTICE_STAYS = 8000; // ms
const PAGES = { n: "/", d: "/deliveries", m: "/mappings", t: "/touchpoints" };

// ---- times ---------------------------------------------------------------------------------------------------

function localTimes(root) {
  for (const each of root.querySelectorAll("time[datetime]")) {
    const text = EXACT.format(new Date(each.dateTime));
    if (each.hasAttribute("data-exact")) each.textContent = text;
    if (each.hasAttribute("data-clock")) each.textContent = CLOCK.format(new Date(each.dateTime));
    each.title = `${text} (${each.dateTime})`;
  }
}

// ---- questions -----------------------------------------------------------------------------------------------

async function ask(link) {
  const answer = await fetch(link.href, { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const question = page.querySelector("[data-confirm]");
  if (!question) return location.assign(link.href); // there is more to say than a question
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "confirm-h");
  dialog.append(document.adoptNode(question));
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) { event.preventDefault(); dialog.close(); }
  });
  dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
  document.body.append(dialog);
  localTimes(dialog);
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    ask(link);
  }
});

// ---- notices -------------------------------------------------------------------------------------------------

function leaveInTime(toast) {
  const later = () => setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) return later();
    toast.remove();
  }, NOTICE_STAYS);
  later();
}

// ---- keys ----------------------------------------------------------------------------------------------------

let before = "";

function isTyping(target) {
  return target.closest("input, textarea, select, [contenteditable], dialog") !== null;
}

function moveInRows(step) {
  const links = [...document.querySelectorAll(".rows .go")];
  const at = links.indexOf(document.activeElement);
  links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
}

const KEYS = {
  "/": () => document.getElementById("q")?.focus(),
  "j": () => moveInRows(1),
  "k": () => moveInRows(-1),
  "x": () => document.activeElement.closest("tr")?.querySelector("input[type=checkbox]")?.click(),
  "?": () => { location.href = "/account#keys"; },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (localStorage.getItem("keys") === "off") return;
  const page = before === "g" ? PAGES[event.key] : undefined;
  before = event.key;
  if (page) location.href = page;
  else if (KEYS[event.key]) { event.preventDefault(); KEYS[event.key](); }
});

// ---- news: one stream, only while somebody looks ---------------------------------------------------------------

const LISTEN_AGAIN = 30_000; // ms
let stream = null;
let heard = false; // any news since the page was made

function listen() {
  const wanted = document.querySelector("[data-live]") !== null && document.visibilityState === "visible";
  if (wanted && stream === null) {
    stream = new EventSource("/api/stream");
    stream.addEventListener("news", (event) => {
      const news = JSON.parse(event.data);
      // The first says how things stand, which the page knows; later `anew` means that something was missed.
      if (heard || !news.anew) document.body.dispatchEvent(new CustomEvent("bridge:news", { detail: news }));
      heard = true;
    });
    stream.addEventListener("error", () => {
      if (stream === null || stream.readyState !== EventSource.CLOSED) return; // else the browser asks again itself
      stream = null;
      setTimeout(listen, LISTEN_AGAIN);
    });
  } else if (!wanted && stream !== null) {
    stream.close();
    stream = null;
  }
}

document.addEventListener("visibilitychange", listen);
document.addEventListener("htmx:after:swap", () => { localTimes(document); listen(); });
document.addEventListener("DOMContentLoaded", () => {
  localTimes(document);
  document.querySelectorAll("[data-toast]").forEach(leaveInTime);
  listen();
});
