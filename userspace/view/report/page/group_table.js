// SPDX-License-Identifier: Apache-2.0
// The table of groups: sorted by a click on a column's title, filtered, a part at a time in the page.

const ROWS_AT_FIRST = 100;
const ROWS_MORE = 400;

class GroupTable {
  // chosen(row, grouping): a row was clicked.
  constructor(data, chosen) {
    this.data = data;
    this.chosen = chosen;
    this.groups = new Groups(data);
    this.grouping = "line";
    this.cumulative = false;
    this.sortBy = data.compared ? "size-change" : "size";
    this.descending = true;
    this.filter = new NamePattern("");
    this.totals = { size: 0, count: 0, oldSize: 0, oldCount: 0 };
    for (const name of Object.keys(this.totals)) {
      this.totals[name] = data.sums[name].reduce((sum, value) => sum + value, 0);
    }
    byId("table-more").addEventListener("click", () => this.showMore());
  }

  show({ grouping, cumulative, metric }) {
    if (grouping !== this.grouping || cumulative !== this.cumulative || !this.rows) {
      this.rows = this.groups.by(grouping, cumulative && grouping !== "traceback");
      this.current = null;
    }
    this.grouping = grouping;
    this.cumulative = cumulative;
    this.columns = tableColumns(this.data, this.totals, metric);
    this.fill();
  }

  filterBy(text) {
    this.filter = new NamePattern(text);
    this.fill();
  }

  fill() {
    this.fillHead();
    this.matching = this.filter.empty ? [...this.rows] : this.filtered();
    this.sort();
    this.shown = 0;
    byId("table-body").replaceChildren();
    byId("table-scroll").scrollTop = 0;
    this.showMore(ROWS_AT_FIRST);
    this.fillSum();
  }

  filtered() {
    const frames = this.data.framesMatching(this.filter);
    return this.rows.filter((row) => (this.grouping === "traceback"
      ? this.data.framesOf(row.stacks[0]).some((frame) => frames[frame])
      : frames[row.frame]));
  }

  sort() {
    const direction = this.descending ? -1 : 1;
    const column = this.columns.find(({ id }) => id === this.sortBy);
    const bySize = (left, right) => right.size - left.size || right.count - left.count || left.frame - right.frame;
    if (column) {
      this.matching.sort((left, right) => direction * (column.value(left) - column.value(right)) || bySize(left, right));
    } else {
      const names = new Map(this.matching.map((row) => [row, this.groups.textsOf(this.grouping, row).title]));
      const compare = (left, right) => (names.get(left) < names.get(right) ? -1 : names.get(left) > names.get(right) ? 1 : 0);
      this.matching.sort((left, right) => direction * compare(left, right) || bySize(left, right));
    }
  }

  sortOn(id) {
    this.descending = this.sortBy === id ? !this.descending : id !== "name";
    this.sortBy = id;
    this.fill();
    byId("table-head").querySelector(`[data-column="${id}"] button`).focus();
  }

  fillHead() {
    const title = (id, text) => element("th", {
      scope: "col",
      "data-column": id,
      "aria-sort": id === this.sortBy ? (this.descending ? "descending" : "ascending") : "none",
    }, element("button", { type: "button", click: () => this.sortOn(id) }, element("span", { "aria-hidden": "true" }), text));
    const [, name] = GROUPINGS.find(([value]) => value === this.grouping);
    byId("table-head").replaceChildren(title("name", name), ...this.columns.map(({ id, text }) => title(id, text)));
  }

  showMore(count = ROWS_MORE) {
    const rows = this.matching.slice(this.shown, this.shown + count);
    byId("table-body").append(...rows.map((row) => this.rowElement(row)));
    this.shown += rows.length;
    byId("table-more").hidden = this.shown >= this.matching.length;
  }

  rowElement(row) {
    const { name, hint, title } = this.groups.textsOf(this.grouping, row);
    return element("tr", { "aria-current": row === this.current ? "true" : null, click: (event) => this.choose(row, event.currentTarget) },
      element("td", { title },
        element("button", { type: "button", class: "link" }, element("span", { class: "name" }, name),
          hint && element("span", { class: "quiet" }, `  ${hint}`))),
      ...this.columns.map((column) => this.cell(column, row)));
  }

  cell(column, row) {
    const value = column.value(row);
    const sign = column.signed ? changeClass(value) : null;
    const cell = element("td", { class: column.part ? "share" : sign, title: column.title(value, row) }, column.show(value, row));
    if (column.part) {
      cell.style.setProperty("--part", `${column.part(value)}%`);
    }
    return cell;
  }

  choose(row, line) {
    this.current = row;
    this.mark(line);
    this.chosen(row, this.grouping);
  }

  // Nothing: no row is the current one any more.
  mark(line = null) {
    byId("table-body").querySelector("[aria-current]")?.removeAttribute("aria-current");
    line?.setAttribute("aria-current", "true");
    this.current = line ? this.current : null;
  }

  fillSum() {
    const many = this.matching.length;
    const size = this.matching.reduce((sum, row) => sum + row.size, 0);
    const count = this.matching.reduce((sum, row) => sum + row.count, 0);
    const noun = many === 1 ? "group" : "groups";
    const cumulative = this.cumulative && this.grouping !== "traceback";
    const stacks = cumulative ? [] : this.matching.flatMap((row) => row.stacks);
    const error = (metric) => this.data.errors.text(stacks, metric);
    const sums = cumulative ? "" : `, ${formatSize(size)}${error("size")} in ${formatBlocks(count, false, error("count"))}`;
    byId("table-sum").textContent = this.filter.empty
      ? `${formatNumber(many)} ${noun}${sums}`
      : `${formatNumber(many)} of ${formatNumber(this.rows.length)} groups${sums}`;
  }
}
