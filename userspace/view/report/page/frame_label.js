// SPDX-License-Identifier: Apache-2.0
// A frame in words.

// The last parts of a path: ".../orders/models/cache.py".
function shortPath(path, parts = 3) {
  const names = path.split("/");
  return names.length > parts + 1 ? `.../${names.slice(-parts).join("/")}` : path;
}

class FrameLabel {
  constructor(data) {
    this.data = data;
  }

  file(frame, parts = 0) {
    const path = this.data.fileOf(frame);
    return parts > 0 ? shortPath(path, parts) : path;
  }

  // "path:12"; without the line where that is not known.
  place(frame, parts = 0) {
    const line = this.data.line[frame];
    return line === 0 ? this.file(frame, parts) : `${this.file(frame, parts)}:${line}`;
  }

  // The same without the dots in front: where there is little room.
  shortPlace(frame, parts = 1) {
    return this.place(frame, parts).replace(/^\.\.\.\//, "");
  }

  // The name, or the place of code that has none.
  name(frame) {
    return this.data.functionOf(frame) || this.shortPlace(frame) || "?";
  }

  box(frame) {
    const name = this.data.functionOf(frame);
    const place = this.shortPlace(frame);
    return name === "" || place === "" ? name || place || "?" : `${name}  ${place}`;
  }
}
