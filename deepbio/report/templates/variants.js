"use strict";
(() => {
  const table = document.getElementById("variants");
  const rows = [...table.tBodies[0].rows];
  const text = document.getElementById("filter");
  const lowest = document.getElementById("lowest");
  const count = document.getElementById("count");
  const value = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const compare = (a, b) => {
    const numbers = [Number(a), Number(b)];
    const numeric = a !== "" && b !== "" && numbers.every(Number.isFinite);
    return numeric ? numbers[0] - numbers[1] : a.localeCompare(b, "en", { numeric: true });
  };
  const filter = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const content = row.textContent.toLowerCase();
      const fits = words.every((word) => content.includes(word)) && Number(row.dataset.score) >= Number(lowest.value);
      row.hidden = !fits;
      document.getElementById(row.dataset.section).hidden = !fits;
      shown += fits ? 1 : 0;
    }
    count.textContent = `${shown} of ${rows.length} shown`;
  };
  [...table.tHead.rows[0].cells].forEach((cell, column) => {
    const button = cell.querySelector("button");
    button.addEventListener("click", () => {
      const down = cell.getAttribute("aria-sort") === "descending" || (!cell.hasAttribute("aria-sort") && cell.className === "text");
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", down ? "ascending" : "descending");
      rows.sort((a, b) => (down ? 1 : -1) * compare(value(a, column), value(b, column)));
      table.tBodies[0].append(...rows);
    });
  });
  for (const field of [text, lowest]) field.addEventListener("input", filter);
  document.getElementById("controls").hidden = false;
  filter();
})();
