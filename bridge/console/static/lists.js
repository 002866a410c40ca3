// Lists: how many rows are ticked, and what came since the page was made. Rows never move by themselves.
"use strict";

const NEWS_AT_MOST_EVERY = 10_000; // ms
let askedAt = 0;
let asking = 0;

function tally() {
  const bulk = document.querySelector("[data-bulk]");
  if (!bulk || bulk.classList.contains("is-all")) return;
  const number = document.querySelectorAll('#bulk input[name="id"]:checked').length;
  bulk.classList.toggle("has-some", number > 0);
  bulk.querySelector("[data-selected]").textContent = number ? `${number} selected` : "Tick rows";
  for (const verb of bulk.querySelectorAll("[data-count]")) {
    verb.textContent = `${verb.dataset.count}${number ? ` ${number}` : ""}…`;
  }
}

async function look() {
  asking = 0;
  askedAt = Date.now();
  const line = document.querySelector("[data-news]");
  if (!line) return;
  const answer = await fetch(line.dataset.news, { headers: { accept: "application/json" } });
  if (!answer.ok) return;
  const { number, exact } = await answer.json();
  const few = number.toLocaleString("en");
  const noun = exact && number === 1 ? line.dataset.one : line.dataset.many;
  const text = `${exact ? few : `more than ${few}`} new ${noun}`;
  line.hidden = number === 0;
  line.firstElementChild.textContent = `${text}, show`;
  if (number > 0) document.getElementById("polite").textContent = text;
}

// An address that somebody copies has only what was chosen.
document.addEventListener("formdata", (event) => {
  if (event.target.id !== "f") return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});
document.addEventListener("change", tally);
document.addEventListener("htmx:after:swap", tally);
document.addEventListener("DOMContentLoaded", () => {
  tally();
  document.body.addEventListener("bridge:news", () => {
    asking ||= setTimeout(look, Math.max(500, askedAt + NEWS_AT_MOST_EVERY - Date.now()));
  });
});
