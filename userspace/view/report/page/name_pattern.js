// SPDX-License-Identifier: Apache-2.0
// What is typed to find names: a part of the name in any case, or, with * ? or [, a pattern for the
// whole name as Python's fnmatch takes it (* crosses "/").

class NamePattern {
  constructor(text) {
    this.text = text.trim();
    this.part = this.text.toLowerCase();
    this.pattern = /[*?[]/.test(this.text) ? NamePattern.compile(this.text) : null;
  }

  get empty() {
    return this.text === "";
  }

  matches(name) {
    return this.pattern ? this.pattern.test(name) : name.toLowerCase().includes(this.part);
  }

  static compile(text) {
    let source = "";
    for (let i = 0; i < text.length; ++i) {
      const set = text[i] === "[" ? NamePattern.readSet(text, i) : null;
      if (set) {
        source += set.source;
        i = set.end;
      } else if (text[i] === "*") {
        // Several in a row mean the same as one, and are what makes matching slow.
        source += text[i - 1] === "*" ? "" : ".*";
      } else {
        source += text[i] === "?" ? "." : text[i].replace(/[\\^$.|+()[\]{}]/, "\\$&");
      }
    }
    try {
      return new RegExp(`^(?:${source})$`, "s");
    } catch {
      return null;  // such as a set [z-a]: taken literally
    }
  }

  // "[seq]" or "[!seq]" at `start`; a "]" in front is one of the set.
  static readSet(text, start) {
    const first = start + (text[start + 1] === "!" ? 2 : 1);
    const end = text.indexOf("]", first + 1);
    if (end < 0) {
      return null;
    }
    const members = text.slice(first, end).replace(/[\\^[\]]/g, "\\$&");
    return { source: `[${first === start + 2 ? "^" : ""}${members}]`, end };
  }
}
