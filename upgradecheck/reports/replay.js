"use strict";
(() => {
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const filter = one("#filter"), notable = one("#notable"), count = one("#shown");
  const sections = all("section.dag");

  function sift() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const section of sections) {
      const text = section.dataset.words.toLowerCase();
      const fits = words.every((word) => text.includes(word)) && !(notable.checked && section.dataset.notable !== "yes");
      section.hidden = !fits;
      one(`nav li[data-of="${section.id}"]`).hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown} of ${sections.length} shown`;
  }

  // Whatever an address names is shown: the DAG that it belongs to opens.
  function reveal() {
    const target = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
    all('[aria-current="true"]').forEach((link) => link.removeAttribute("aria-current"));
    if (!target) return;
    const section = target.closest("section.dag");
    if (section) {
      section.hidden = false;
      one("details.body", section).open = true;
      one(`nav a[href="#${section.id}"]`)?.setAttribute("aria-current", "true");
    }
    all(`a[href="#${target.id}"]`).forEach((link) => link.setAttribute("aria-current", "true"));
    if (target.classList.contains("detail")) target.focus({ preventScroll: true });
    target.scrollIntoView({ block: target.classList.contains("detail") ? "nearest" : "start" });
  }

  // Arrow keys walk over the grid; Escape goes back to the cell that was opened.
  function walk(event) {
    if (event.key === "Escape" && location.hash) {
      const link = one(`td a[href="${location.hash}"], th a[href="${location.hash}"]`);
      location.hash = "";
      link?.focus();
      return;
    }
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const cell = event.target.closest?.("table.grid td, table.grid thead th");
    if (!cell || !moves[event.key]) return;
    const [down, right] = moves[event.key];
    const rows = all("tr", cell.closest("table"));
    let row = rows.indexOf(cell.parentElement), column = cell.cellIndex;
    for (;;) {
      row += down;
      column += right;
      const next = rows[row]?.cells[column];
      if (!next) return;
      const link = one("a", next);
      if (link) {
        event.preventDefault();
        link.focus();
        return;
      }
    }
  }

  one("#tools").hidden = false;
  filter.addEventListener("input", sift);
  notable.addEventListener("change", sift);
  addEventListener("hashchange", reveal);
  addEventListener("keydown", walk);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== filter) {
      event.preventDefault();
      filter.focus();
    }
  });
  sift();
  reveal();
})();
