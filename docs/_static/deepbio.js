// Tables of class "browse": a filter, a choice for each column of few values, and headings that sort. Without JavaScript they are plain tables.
"use strict";
(function () {
  const CHOICES = 8; // a column of at most so many values is chosen from a list
  const text = (cell) => cell.textContent.trim();

  function order(a, b) {
    const [x, y] = [a, b].map((v) => (/^-?[\d,.]+$/.test(v) ? Number(v.replaceAll(",", "")) : NaN));
    if (a === "" || b === "") return (a === "") - (b === "");
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, "en", { numeric: true }) : x - y;
  }

  function enhance(table, number) {
    const rows = [...table.tBodies[0].rows];
    const headings = [...table.tHead.rows[0].cells];
    const bar = document.createElement("form");
    bar.className = "browse-bar";
    bar.addEventListener("submit", (event) => event.preventDefault());
    const count = document.createElement("output");
    count.setAttribute("aria-live", "polite");

    const search = control("input", "Filter", `browse-${number}`);
    search.type = "search";
    const choices = headings.map((heading, i) => {
      const values = [...new Set(rows.flatMap((row) => text(row.cells[i]).split(", ")))].filter(Boolean).sort(order);
      const numeric = values.every((value) => /^[\d,.]+$/.test(value));
      if (i === 0 || numeric || values.length < 2 || values.length > CHOICES) return null;
      const select = control("select", text(heading), `browse-${number}-${i}`);
      select.append(new Option("all", ""), ...values.map((value) => new Option(value, value)));
      return select;
    });
    bar.append(count);

    function control(kind, label, id) {
      const element = document.createElement(kind);
      const name = document.createElement("label");
      element.id = name.htmlFor = id;
      name.textContent = label;
      name.append(element);
      bar.append(name);
      element.addEventListener("input", show);
      return element;
    }

    function show() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const content = row.textContent.toLowerCase();
        row.hidden =
          !words.every((word) => content.includes(word)) ||
          choices.some((c, i) => c && c.value && !text(row.cells[i]).split(", ").includes(c.value));
        shown += !row.hidden;
      }
      count.textContent = `${shown} of ${rows.length}`;
    }

    headings.forEach((heading, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const down = heading.getAttribute("aria-sort") === "ascending";
        headings.forEach((other) => other.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", down ? "descending" : "ascending");
        const full = (row) => text(row.cells[i]) !== "";
        rows.sort((a, b) => {
          const [x, y] = [text(a.cells[i]), text(b.cells[i])];
          return (down && full(a) && full(b) ? -1 : 1) * order(x, y); // empty cells stay last
        });
        table.tBodies[0].append(...rows);
      });
    });
    search.value = new URLSearchParams(location.search).get("filter") || ""; // models.html?filter=splice
    (table.closest(".pst-scrollable-table-container") || table).before(bar);
    show();
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("table.browse").forEach(enhance);
    for (const formula of document.querySelectorAll(".formula")) {
      if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0; // so that the keyboard can scroll it
    }
  });
})();
