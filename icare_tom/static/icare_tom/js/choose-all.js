/** A checkbox in a table's header chooses every row of the table; it works after htmx has replaced the table. */

const HEADERS = ".header-checkbox, #selectAll";

function choose(header) {
  const table = header.closest("table");
  if (!table) return;
  for (const box of table.querySelectorAll("tbody input[type=checkbox]")) box.checked = header.checked;
}

document.addEventListener("change", (event) => {
  if (event.target.matches(HEADERS)) choose(event.target);
});
