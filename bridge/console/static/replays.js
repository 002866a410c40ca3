// While a replay is at work and somebody looks, its page is read again every two seconds.
"use strict";

const LOOK_EVERY = 2000; // ms

setInterval(() => {
  const working = document.querySelector("[data-working]");
  if (working && document.visibilityState === "visible" && !document.querySelector("dialog[open]")) htmx.trigger(working, "look");
}, LOOK_EVERY);
