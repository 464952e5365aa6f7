// What plain HTML cannot: copy, local times, keys. Every page works without it.
"use strict";
(() => {
  const two = (number) => String(number).padStart(2, "0");
  const localTimes = (root) => {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime()) || time.dataset.local) continue;
      time.dataset.local = "1";
      time.title = `${at.toLocaleString(document.documentElement.lang)} · ${time.title}`;
      if (time.classList.contains("exact")) {
        time.textContent = `${two(at.getDate())}.${two(at.getMonth() + 1)} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
      }
    }
  };
  localTimes(document);
  document.addEventListener("htmx:afterSwap", (event) => localTimes(event.target));
  // Nobody looks: nothing is asked.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.detail.elt.getAttribute("hx-trigger")?.includes("every")) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const opened = event.target.closest("tbody a.open");
    if (opened) {
      document.querySelector("tr[aria-current]")?.removeAttribute("aria-current");
      opened.closest("tr").setAttribute("aria-current", "true");
    }
    const button = event.target.closest("[data-copy]");
    if (button) navigator.clipboard?.writeText(button.dataset.copy).then(() => {
      const before = button.textContent;
      button.textContent = "✓";
      setTimeout(() => { button.textContent = before; }, 1200);
    });
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-send]")) event.target.form.requestSubmit();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, textarea, select")) return;
    const rows = [...document.querySelectorAll("tbody a.open")];
    const place = rows.indexOf(document.activeElement);
    if (event.key === "/") { document.querySelector(".search input, #find")?.focus(); event.preventDefault(); }
    if (event.key === "Escape") document.querySelector("#drawer .close")?.click();
    if (event.key === "j" && rows.length) rows[Math.min(place + 1, rows.length - 1)].focus();
    if (event.key === "k" && rows.length) rows[Math.max(place - 1, 0)].focus();
  });
})();
