// SPDX-License-Identifier: Apache-2.0
// Colours of the graph. One snapshot: by where the code comes from, a shade for each file. Two: red
// grown, blue shrunk, grey unchanged; the fuller the colour, the more of it changed.

const ORIGINS = {
  application: { text: "application", hue: 34, saturation: 78 },
  packages: { text: "installed packages", hue: 214, saturation: 48 },
  standard: { text: "standard library", hue: 150, saturation: 32 },
  unknown: { text: "not known", hue: 220, saturation: 5 },
};

function originOf(file) {
  if (file === "" || file === "<unknown>") {
    return "unknown";
  }
  if (/[/\\](site|dist)-packages[/\\]/.test(file)) {
    return "packages";
  }
  return file.startsWith("<frozen ") || /[/\\]lib(64)?[/\\](python|pypy)3[^/\\]*[/\\]/.test(file) ? "standard" : "application";
}

class Palette {
  constructor(data) {
    this.data = data;
    this.shades = new Map();
    this.query = window.matchMedia("(prefers-color-scheme: dark)");
    this.read();
  }

  read() {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(name).trim();
    this.dark = this.query.matches;
    this.back = color("--back");
    this.text = this.dark ? "#f1f3f5" : "#1d2126";
    this.accent = color("--accent");
    this.root = this.dark ? "#363d46" : "#e2e6eb";
    this.shades.clear();
  }

  onChange(listener) {
    this.query.addEventListener("change", () => {
      this.read();
      listener();
    });
  }

  ofOrigin(origin, variation = 0) {
    const { hue, saturation } = ORIGINS[origin];
    const lightness = this.dark ? 30 + variation * 8 : 80 - variation * 9;
    const strength = this.dark ? saturation * 0.6 : saturation;
    return `hsl(${hue + (variation - 0.5) * 18} ${strength}% ${lightness}%)`;
  }

  ofFile(file) {
    let shade = this.shades.get(file);
    if (shade === undefined) {
      let hash = 7;
      for (let i = 0; i < file.length; ++i) {
        hash = (hash * 31 + file.charCodeAt(i)) | 0;
      }
      shade = this.ofOrigin(originOf(file), ((hash >>> 8) % 97) / 96);
      this.shades.set(file, shade);
    }
    return shade;
  }

  ofGrowth(growth) {
    const strength = Math.abs(growth) ** 0.7;
    const hue = growth > 0 ? 10 : 212;
    return this.dark
      ? `hsl(${hue} ${6 + 50 * strength}% ${28 + 10 * strength}%)`
      : `hsl(${hue} ${8 + 80 * strength}% ${90 - 15 * strength}%)`;
  }

  ofNode(tree, measure, node) {
    if (measure.compared) {
      return this.ofGrowth(measure.growthAt(tree, node));
    }
    return node === 0 ? this.root : this.ofFile(this.data.fileOf(tree.frame[node]));
  }

  legend(compared) {
    if (compared) {
      return [[this.ofGrowth(1), "grown"], [this.ofGrowth(-1), "shrunk"], [this.ofGrowth(0), "unchanged"]];
    }
    return Object.keys(ORIGINS).filter((origin) => origin !== "unknown")
      .map((origin) => [this.ofOrigin(origin, 0.5), ORIGINS[origin].text]);
  }
}
