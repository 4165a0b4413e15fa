// SPDX-License-Identifier: Apache-2.0
// The graph: draws a tree on a canvas that is as large as what can be seen of it, and turns mouse
// and keys into nodes.

const ROW_HEIGHT = 19;

class FlameGraph {
  // opened(node): a node was clicked or Enter pressed on it; zoomed(node): another part is shown.
  constructor(data, palette, { opened, zoomed }) {
    this.data = data;
    this.palette = palette;
    this.opened = opened;
    this.zoomChanged = zoomed;
    this.canvas = byId("graph-canvas");
    this.scroll = byId("graph-scroll");
    this.space = byId("graph-space");
    this.label = new FrameLabel(data);
    this.tooltip = new Tooltip(byId("tooltip"), data);
    this.zoomedNode = 0;
    this.current = 0;
    this.lit = null;
    this.rows = [];
    this.listen();
  }

  listen() {
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => this.tooltip.hide());
    this.canvas.addEventListener("click", (event) => this.click(event));
    this.canvas.addEventListener("keydown", (event) => this.press(event));
    this.canvas.addEventListener("blur", () => this.draw());
    this.canvas.addEventListener("focus", () => this.draw());
    this.scroll.addEventListener("scroll", () => {
      this.tooltip.hide();
      this.draw();
    });
    new ResizeObserver(() => this.arrange()).observe(this.scroll);
    this.palette.onChange(() => this.draw());
  }

  show(tree, measure, node = 0) {
    this.tree = tree;
    this.measure = measure;
    this.layout = new IcicleLayout(tree, measure.widths(tree));
    this.tooltip.hide();
    this.zoom(node);
  }

  zoom(node) {
    this.zoomedNode = node;
    this.current = node;
    this.arrange();
    this.zoomChanged(node);
  }

  // Frames by a 1 each; null: all alike.
  highlight(frames) {
    this.lit = frames;
    this.draw();
  }

  arrange() {
    if (!this.layout) {
      return;
    }
    this.width = this.scroll.clientWidth;
    this.height = this.scroll.clientHeight;
    this.rows = this.layout.rows(this.zoomedNode, this.width);
    this.space.style.height = `${Math.max(this.rows.length * ROW_HEIGHT, this.height)}px`;
    const density = window.devicePixelRatio || 1;
    this.canvas.style.height = `${this.height}px`;
    this.canvas.width = Math.round(this.width * density);
    this.canvas.height = Math.round(this.height * density);
    this.canvas.dataset.boxes = this.rows.reduce((sum, row) => sum + row.length, 0);
    this.reveal(this.tree.depth[this.zoomedNode]);
    this.paint();
  }

  reveal(row) {
    const top = row * ROW_HEIGHT;
    if (top < this.scroll.scrollTop || top + 2 * ROW_HEIGHT > this.scroll.scrollTop + this.height) {
      this.scroll.scrollTop = Math.max(0, top - 2 * ROW_HEIGHT);
    }
  }

  draw() {
    this.frameRequest ??= requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.frameRequest);
    this.frameRequest = undefined;
    const pen = this.canvas.getContext("2d");
    const density = window.devicePixelRatio || 1;
    pen.setTransform(density, 0, 0, density, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    pen.font = `12px ${getComputedStyle(document.documentElement).getPropertyValue("--sans")}`;
    pen.textBaseline = "middle";
    pen.direction = "ltr";
    const top = this.scroll.scrollTop;
    const first = Math.floor(top / ROW_HEIGHT);
    const last = Math.min(this.rows.length, Math.ceil((top + this.height) / ROW_HEIGHT));
    for (let row = first; row < last; ++row) {
      for (const box of this.rows[row]) {
        this.paintBox(pen, box, row * ROW_HEIGHT - top);
      }
    }
  }

  paintBox(pen, { node, x, width }, y) {
    const faded = (this.lit && !(node > 0 && this.lit[this.tree.frame[node]])) || this.tree.depth[node] < this.tree.depth[this.zoomedNode];
    // A gap between boxes, unless they would be nothing but gaps.
    const gap = width > 3 ? 1 : 0;
    pen.globalAlpha = faded ? 0.4 : 1;
    pen.fillStyle = this.palette.ofNode(this.tree, this.measure, node);
    pen.fillRect(x, y, width - gap, ROW_HEIGHT - 1);
    pen.globalAlpha = 1;
    if (this.lit && !faded) {
      pen.fillStyle = this.palette.accent;
      pen.fillRect(x, y + ROW_HEIGHT - 3, width - gap, 2);
    }
    if (node === this.current && document.activeElement === this.canvas) {
      pen.strokeStyle = this.palette.accent;
      pen.lineWidth = 2;
      pen.strokeRect(x + 1, y + 1, width - gap - 2, ROW_HEIGHT - 3);
    }
    if (width > 28) {
      pen.fillStyle = this.palette.text;
      pen.fillText(this.fit(pen, this.textOf(node), width - 9), x + 4, y + (ROW_HEIGHT - 1) / 2);
    }
  }

  textOf(node) {
    const value = this.measure.textAt(this.tree, node);
    return node === 0 ? `all  ${value}` : `${this.label.box(this.tree.frame[node])}  ${value}`;
  }

  fit(pen, text, width) {
    // No letter of use is narrower than this, so the measured text is never long.
    const likely = text.slice(0, Math.ceil(width / 2.5));
    const wide = pen.measureText(likely).width;
    if (wide <= width && likely === text) {
      return text;
    }
    let length = Math.min(likely.length, Math.floor((likely.length * width) / wide));
    while (length > 0 && pen.measureText(`${likely.slice(0, length)}\u2026`).width > width) {
      --length;
    }
    return length > 0 ? `${likely.slice(0, length)}\u2026` : "";
  }

  boxAt(event) {
    const place = this.canvas.getBoundingClientRect();
    const row = this.rows[Math.floor((event.clientY - place.top + this.scroll.scrollTop) / ROW_HEIGHT)];
    const x = event.clientX - place.left;
    return row?.find((box) => x >= box.x && x < box.x + box.width);
  }

  hover(event) {
    const box = this.boxAt(event);
    this.canvas.style.cursor = box ? "pointer" : "default";
    if (box) {
      this.tooltip.show(this.tree, this.measure, box.node, event.clientX, event.clientY);
    } else {
      this.tooltip.hide();
    }
  }

  click(event) {
    const box = this.boxAt(event);
    if (box) {
      this.tooltip.hide();
      this.open(box.node);
    }
  }

  open(node) {
    this.zoom(node);
    this.opened(node);
  }

  press(event) {
    const move = {
      ArrowUp: () => this.tree.parent[this.current],
      ArrowDown: () => this.layout.childrenOf(this.current)[0],
      ArrowLeft: () => this.sibling(-1),
      ArrowRight: () => this.sibling(1),
      Home: () => 0,
    }[event.key];
    if (move) {
      this.moveTo(move());
    } else if (event.key === "Enter" || event.key === " ") {
      this.open(this.current);
    } else if (event.key === "Escape") {
      this.zoom(Math.max(0, this.tree.parent[this.zoomedNode]));
    } else {
      return;
    }
    event.preventDefault();
  }

  sibling(step) {
    const siblings = this.current > 0 ? this.layout.childrenOf(this.tree.parent[this.current]) : [];
    return siblings[siblings.indexOf(this.current) + step];
  }

  moveTo(node) {
    if (node === undefined || node < 0) {
      return;
    }
    this.current = node;
    // What is too narrow to be drawn, or beside what is zoomed, is brought into view.
    if (!this.rows[this.tree.depth[node]]?.some((box) => box.node === node)) {
      this.zoomedNode = Math.max(0, this.tree.parent[node]);
      this.arrange();
      this.zoomChanged(this.zoomedNode);
    }
    this.reveal(this.tree.depth[node]);
    this.draw();
    byId("announcement").textContent = this.tooltip.sentence(this.tree, this.measure, node);
  }
}
