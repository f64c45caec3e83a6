// Tables of class "sorts": a click on a head sorts the rows of each family, and then the families by their first row.
for (const table of document.querySelectorAll("table.sorts")) {
  const value = (row, column) => {
    const text = row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
    return text === "" ? null : isNaN(text) ? text.toLowerCase() : Number(text);
  };
  const by = (column, sign) => (one, other) => {
    const [a, b] = [value(one, column), value(other, column)];
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (typeof a === "string" || typeof b === "string" ? String(a).localeCompare(b) : a - b);
  };
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = head.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const falls = head.getAttribute("aria-sort") !== "descending";
      table.querySelectorAll("thead th").forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", falls ? "descending" : "ascending");
      const order = by(column, falls ? -1 : 1);
      const bodies = [...table.tBodies].map((body) => {
        const rows = [...body.rows].filter((row) => !row.classList.contains("family")).sort(order);
        body.append(...rows);
        return [rows[0], body];
      });
      bodies.sort(([one], [other]) => order(one, other)).forEach(([, body]) => table.append(body));
    });
  });
}
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
