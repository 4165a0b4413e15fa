// SPDX-License-Identifier: Apache-2.0
// The head of the page: which process, when, how much, and what is missing.

class SummaryPanel {
  constructor(data) {
    this.data = data;
    this.host = byId("summary");
  }

  show() {
    const [now, before] = this.data.snapshots;
    byId("title").remove();
    this.host.append(...[
      element("div", { class: "heading" },
        element("h1", { id: "title" }, this.data.title),
        element("code", { class: "command" }, this.processText(now))),
      element("div", { class: "scroll-x", tabindex: "0", role: "region", "aria-label": "Snapshots" }, this.facts(now, before)),
      this.notes(now, before),
    ].filter(Boolean));
    byId("metadata").append(...[this.metadata()].filter(Boolean));
  }

  processText(snapshot) {
    const pid = snapshot.pid ? `pid ${snapshot.pid}` : "";
    return [pid, snapshot.command].filter(Boolean).join(": ");
  }

  // Columns [title, text of a snapshot, whether a number]; those that say nothing are left out.
  columns() {
    const size = (value) => (value ? formatSize(value) : "");
    return [
      ["Snapshot", ({ name }) => name],
      ["Pid", ({ pid }) => (this.data.compared && pid ? String(pid) : "")],
      ["Taken", ({ time }) => (time ? formatTime(time) : "")],
      ["Traced for", ({ elapsed }) => (elapsed ? formatDuration(elapsed) : "")],
      ["Python", ({ python }) => python ?? ""],
      ["Mode", ({ mode }) => mode ?? ""],
      ["Traced", (snapshot) => formatSize(snapshot.size) + this.error("size", snapshot), true],
      ["Blocks", (snapshot) => formatNumber(snapshot.count) + this.error("count", snapshot), true],
      ["Peak", ({ peak }) => size(peak), true],
      ["Process RSS", ({ rss }) => size(rss), true],
      ["Coverage", ({ coverage }) => (coverage === undefined ? "" : `${(Math.floor(coverage * 1e4 + 1e-9) / 100).toFixed(2)} %`), true],
      ["Frames", ({ limit }) => `at most ${formatNumber(limit)}`, true],
    ].filter(([, text]) => this.data.snapshots.some((snapshot) => text(snapshot) !== ""));
  }

  // Of a snapshot's total; nothing: of the difference.
  error(metric, snapshot) {
    const side = !snapshot ? "difference" : snapshot === this.data.snapshots[0] ? "new" : "old";
    return this.data.errors.text(this.data.allStacks, metric, side);
  }

  facts(now, before) {
    const columns = this.columns();
    const row = (name, snapshot) => element("tr", {},
      before && element("th", { scope: "row" }, element("strong", {}, name)),
      ...columns.map(([title, text, number]) => element("td", { class: number ? "number" : null, title: this.exact(title, snapshot) }, text(snapshot))));
    return element("table", { id: "facts" },
      element("thead", {}, element("tr", {},
        before && element("td"),
        ...columns.map(([title, , number]) => element("th", { scope: "col", class: number ? "number" : null }, title)))),
      element("tbody", {}, before && row("Old", before), row("New", now), before && this.change(columns, now, before)));
  }

  exact(title, snapshot) {
    return { Traced: formatExactBytes(snapshot.size), Blocks: `${snapshot.count} blocks` }[title];
  }

  change(columns, now, before) {
    const size = now.size - before.size;
    const count = now.count - before.count;
    const cells = {
      "Traced for": now.time && before.time ? `${formatDuration(Math.abs(now.time - before.time))} ${now.time >= before.time ? "later" : "earlier"}` : "",
      Traced: element("strong", { class: changeClass(size), title: formatExactBytes(size, true) }, formatSize(size, true) + this.error("size")),
      Blocks: element("strong", { class: changeClass(count) }, formatNumber(count, true) + this.error("count")),
      "Process RSS": now.rss && before.rss ? formatSize(now.rss - before.rss, true) : "",
    };
    return element("tr", { class: "change" }, element("th", { scope: "row" }, element("strong", {}, "Change")),
      ...columns.map(([title, , number]) => element("td", { class: number ? "number" : null }, cells[title] ?? "")));
  }

  notes(now, before) {
    const notes = [];
    if (before?.pid && now.pid && before.pid !== now.pid) {
      notes.push(`Warning: the snapshots are of different processes: pid ${before.pid} (old) and pid ${now.pid} (new).`);
    }
    if (before && before.limit !== now.limit) {
      notes.push(`Warning: the snapshots keep different numbers of frames (${before.limit} and ${now.limit}): their tracebacks hardly match.`);
    }
    for (const [name, snapshot] of [["Old: ", before], ["New: ", now]]) {
      const prefix = before ? name : "";
      notes.push(...(snapshot?.notes ?? []).map((note) => prefix + note));
      if (snapshot?.truncated > 0 && snapshot.limit > 1) {
        notes.push(`${prefix}${formatShare(snapshot.truncated, snapshot.size)} of the bytes have more than ${snapshot.limit} frames: ` +
                   "their oldest ones are missing, so they do not start at the program's start.");
      }
    }
    if (this.data.errors.any) {
      notes.push("Numbers are estimates of a sample; \u00b1 at 95 % confidence.");
    }
    if (this.data.otherStacks > 0) {
      notes.push(`The largest ${formatNumber(this.data.keptStacks)} tracebacks are shown one by one; ` +
                 `${formatNumber(this.data.otherStacks)} smaller ones are one sum, so totals are right.`);
    }
    return notes.length > 0 ? element("ul", { class: "notes", "aria-label": "Notes" }, ...notes.map((note) => element("li", {}, note))) : null;
  }

  metadata() {
    const snapshots = this.data.snapshots.filter(({ metadata }) => metadata.length > 0);
    if (snapshots.length === 0) {
      return null;
    }
    const names = [...new Set(snapshots.flatMap(({ metadata }) => metadata.map(([key]) => key)))];
    const values = this.data.snapshots.map(({ metadata }) => new Map(metadata));
    return element("details", { class: "metadata" },
      element("summary", {}, "All metadata"),
      element("table", {}, element("tbody", {}, ...names.map((name) =>
        element("tr", {}, element("td", {}, name), ...values.map((map) => element("td", {}, String(map.get(name) ?? ""))))))));
  }
}
