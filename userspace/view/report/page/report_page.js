// SPDX-License-Identifier: Apache-2.0
// The whole page: keeps what is chosen and passes it on to the parts.

class ReportPage {
  constructor(data) {
    this.data = data;
    this.metric = "size";
    this.side = data.compared ? "difference" : "new";
    this.direction = "oldest";
    this.grouping = "line";
    this.cumulative = false;
    this.subject = null;  // of the details: {node} or {row, grouping}
    this.trees = {};
    this.palette = new Palette(data);
    this.label = new FrameLabel(data);
    this.search = new FrameSearch(data);
    this.details = new DetailsPanel(data, (stack, index) => this.openFrame(stack, index));
    this.graph = new FlameGraph(data, this.palette, {
      opened: (node) => this.openNode(node),
      zoomed: (node) => this.showPath(node),
    });
    this.table = new GroupTable(data, (row, grouping) => this.openRow(row, grouping));
  }

  start() {
    document.title = this.data.title;
    new SummaryPanel(this.data).show();
    this.addSwitches();
    this.addInputs();
    this.showLegend();
    this.palette.onChange(() => this.showLegend());
    this.showGraph();
    this.showTable();
  }

  get tree() {
    const make = { oldest: StackTree.oldestFirst, site: StackTree.siteFirst }[this.direction];
    this.trees[this.direction] ??= make(this.data);
    return this.trees[this.direction];
  }

  get measure() {
    return new Measure(this.metric, this.side, this.data.compared);
  }

  addSwitches() {
    const set = (name, show) => (value) => {
      this[name] = value;
      show();
    };
    const both = () => {
      this.showGraph(this.graph.zoomedNode);
      this.showTable();
    };
    const turned = () => this.turn();
    byId("graph-switches").append(
      choice("Measure", [["size", "Bytes"], ["count", "Blocks"]], this.metric, set("metric", both)),
      choice("Root of the graph", [["oldest", "Callers first"], ["site", "Allocation site first"]], this.direction, set("direction", turned)));
    if (this.data.compared) {
      byId("graph-switches").append(choice("Side", [["difference", "Difference"], ["new", "New"], ["old", "Old"]], this.side,
        set("side", () => this.showGraph(this.graph.zoomedNode))));
    }
    byId("group-switches").append(
      choice("Group by", GROUPINGS, this.grouping, set("grouping", () => this.showTable())),
      element("label", { class: "tick", title: "Count a traceback for every group that occurs in it, once each; not for tracebacks" },
        element("input", { type: "checkbox", id: "cumulative", change: ({ target }) => {
          this.cumulative = target.checked;
          this.showTable();
        } }), "with callers"));
  }

  addInputs() {
    byId("search").addEventListener("input", ({ target }) => {
      this.graph.highlight(this.search.find(target.value));
      this.showMatched();
    });
    byId("filter").addEventListener("input", ({ target }) => this.table.filterBy(target.value));
    document.addEventListener("keydown", (event) => {
      const typing = event.target instanceof HTMLInputElement && event.target.type === "search";
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        byId("search").focus();
      }
    });
  }

  showGraph(node = 0) {
    this.graph.show(this.tree, this.measure, node);
    this.showMatched();
    this.showDetails();
  }

  showTable() {
    this.table.show(this);
  }

  showMatched() {
    byId("search-result").textContent = this.search.matchedText(this.tree, this.measure);
  }

  showLegend() {
    byId("legend").replaceChildren(...this.palette.legend(this.data.compared).map(([color, text]) => {
      const mark = element("i");
      mark.style.background = color;
      return element("li", {}, mark, text);
    }));
  }

  // From "All" down to what is zoomed; the frames between may be many.
  showPath(node) {
    const path = this.tree.pathTo(node);
    const shown = path.length > 6 ? [path[0], null, ...path.slice(-4)] : path;
    byId("graph-path").replaceChildren(...shown.flatMap((place, index) => [
      index > 0 ? element("span", { "aria-hidden": "true" }, "\u203a") : null,
      place === null ? element("span", {}, "\u2026") : this.pathButton(place),
    ]).filter(Boolean));
  }

  pathButton(node) {
    const frame = this.tree.frame[node];
    return element("button", { type: "button", title: node === 0 ? null : this.label.place(frame), click: () => this.graph.open(node) },
      node === 0 ? "All" : this.label.name(frame));
  }

  // The other direction has other nodes: what was open is found by its stacks.
  turn() {
    const stacks = this.subject?.stacks;
    const node = stacks && stacks.length < this.data.stackCount ? this.tree.commonNode(stacks) : 0;
    this.showGraph(node);
  }

  openNode(node) {
    const tree = this.tree;
    const frame = tree.frame[node];
    const lit = new Uint8Array(this.data.frameCount);
    lit[frame] = node === 0 ? 0 : 1;
    this.subject = {
      title: node === 0 ? "All" : this.label.name(frame),
      place: node === 0 ? "" : this.label.place(frame),
      source: node === 0 ? "" : this.data.sourceOf(frame),
      sums: tree.amountsOf(node),
      stacks: tree.stacksAt(node),
      lit,
    };
    this.table.mark();
    this.relight();
    this.showDetails();
  }

  openRow(row, grouping) {
    const { name, hint, title } = this.table.groups.textsOf(grouping, row);
    this.subject = {
      title: grouping === "function" ? this.label.name(row.frame) : name,
      place: grouping === "traceback" ? "" : title,
      hint: grouping === "line" ? hint : "",
      source: grouping === "line" ? this.data.sourceOf(row.frame) : "",
      sums: row,
      stacks: row.stacks,
      lit: this.table.groups.framesOf(grouping, row),
    };
    // The table's own choice is lit in the graph until something is searched or opened there.
    byId("search").value = "";
    this.search.find("");
    this.showMatched();
    this.graph.zoom(this.tree.commonNode(row.stacks));
    this.graph.highlight(this.subject.lit);
    this.showDetails();
  }

  relight() {
    this.graph.highlight(this.search.frames);
  }

  openFrame(stack, index) {
    const path = this.tree.pathTo(this.tree.end[stack]);
    const place = this.direction === "oldest" ? index + 1 : path.length - 1 - index;
    this.graph.open(path[place]);
  }

  showDetails() {
    if (this.subject) {
      this.details.show({ ...this.subject, whole: this.table.totals }, this.measure);
    }
  }
}

new ReportPage(new ReportData(JSON.parse(byId("report-data").textContent))).start();
