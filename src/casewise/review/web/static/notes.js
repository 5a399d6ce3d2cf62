// The chart's side of the desk: notes with marked words, search, and the picture of the records.
// The server counts characters as code points; the browser counts UTF-16 units. Both ways below.
"use strict";
const Notes = (() => {
  const list = document.getElementById("note-list"), body = document.getElementById("note-text");
  const head = document.getElementById("note-head"), find = document.getElementById("find");
  const known = new Map(); // id -> {id, time, kind, text, button}
  // A note is drawn in parts of this many units: a browser takes minutes over five million at once.
  const PART = 50000, parts = document.getElementById("parts");
  let part = 0; // the unit that the drawn part starts at
  let shown = null, marks = {}, field = "", found = [], target = null, here = -1;

  const astral = /[\ud800-\udbff][\udc00-\udfff]/;
  function toUnits(text, point) {
    if (!astral.test(text)) return point;
    let units = 0;
    for (const c of text) { if (point-- <= 0) break; units += c.length; }
    return units;
  }
  const toPoints = (text, unit) => astral.test(text) ? Array.from(text.slice(0, unit)).length : unit;

  function begin(notes) {
    list.replaceChildren(...notes.map(note => {
      const item = document.createElement("li"), button = Desk.make("button");
      button.type = "button";
      button.append(Desk.make("span", "when", note.time), Desk.make("span", "", note.kind));
      button.addEventListener("click", () => open(note.id));
      known.set(note.id, { ...note, text: null, button });
      item.append(button);
      return item;
    }));
    if (notes.length) open(notes[0].id);
    else body.textContent = "This chart has no notes.";
  }
  async function load(note) {
    if (note.text === null) {
      const reply = await fetch(Desk.url("note", note.id), { credentials: "same-origin" });
      if (reply.status === 401 || reply.status === 423) { Lock.show(true); throw new Error("locked"); }
      if (!reply.ok) throw new Error(String(reply.status));
      note.text = (await reply.json()).text;
    }
    return note.text;
  }
  async function open(id, range = null) {
    const note = known.get(id);
    if (!note) { Lock.say("That note is not among those shown here"); return; }
    showTab("notes");
    list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    note.button.setAttribute("aria-current", "true");
    note.button.classList.add("read");
    note.button.scrollIntoView({ block: "nearest" });
    try { await load(note); }
    catch { body.textContent = "This note could not be loaded. Choose it again."; return; }
    shown = note;
    target = range;
    head.textContent = `${note.kind}, ${note.time}`;
    here = -1;
    part = range ? partOf(toUnits(note.text, range[0])) : 0;
    draw();
    if (range) body.querySelector("mark.evidence")?.scrollIntoView({ block: "center" });
    else body.parentElement.scrollTop = 0;
  }
  // Everything marked in the shown note, without overlaps: evidence first, then search, then words.
  function spans() {
    const all = [];
    if (target) all.push([toUnits(shown.text, target[0]), toUnits(shown.text, target[1]), "evidence", "Attached as evidence"]);
    for (const [a, b, kind, title] of found.filter(f => f[4] === shown.id))
      all.push([toUnits(shown.text, a), toUnits(shown.text, b), kind, title]);
    for (const [a, b, kind] of marks[shown.id] || [])
      all.push([toUnits(shown.text, a), toUnits(shown.text, b), kind, TITLES[kind]]);
    const free = [];
    for (const span of all) if (!free.some(f => span[0] < f[1] && f[0] < span[1])) free.push(span);
    return free.sort((x, y) => x[0] - y[0]);
  }
  const TITLES = { "": "A word of this field's list", denied: "Denied in its sentence",
    past: "Told of the past", family: "Told of a relative" };
  const partOf = unit => Math.floor(unit / PART) * PART;
  function draw() {
    if (!shown || shown.text === null) return;
    const pieces = [], end = Math.min(part + PART, shown.text.length);
    let at = part;
    for (const [a, b, kind, title] of spans()) {
      if (a < at || b > end) continue;
      pieces.push(document.createTextNode(shown.text.slice(at, a)));
      const it = Desk.make("mark", kind, shown.text.slice(a, b));
      it.title = title;
      if (kind === "denied") it.setAttribute("aria-label", it.textContent + " (denied)");
      pieces.push(it);
      at = b;
    }
    pieces.push(document.createTextNode(shown.text.slice(at, end)));
    body.replaceChildren(...pieces);
    parts.hidden = shown.text.length <= PART;
    document.getElementById("part").textContent = `characters ${(part + 1).toLocaleString("en")} to `
      + `${end.toLocaleString("en")} of ${shown.text.length.toLocaleString("en")}`;
  }
  function turn(by) {
    part = Math.min(Math.max(part + by * PART, 0), partOf(Math.max(shown.text.length - 1, 0)));
    draw();
    body.parentElement.scrollTop = 0;
  }
  document.getElementById("part-before").addEventListener("click", () => turn(-1));
  document.getElementById("part-after").addEventListener("click", () => turn(1));
  let asked = 0;
  async function mark(name) {
    field = name;
    const mine = ++asked;
    try {
      const reply = await fetch(Desk.url("marks") + "?field=" + encodeURIComponent(name), { credentials: "same-origin" });
      if (!reply.ok) return;
      const data = await reply.json();
      if (mine !== asked) return;
      marks = data.notes;
      document.getElementById("words").textContent = data.words.length ? data.words.join(", ") : "none";
    } catch { return; }
    here = -1;
    for (const [id, note] of known) {
      note.button.querySelector(".hits")?.remove();
      const mine = marks[id] || [];
      if (!mine.length) continue;
      const affirmed = mine.filter(m => m[2] === "").length;
      const badge = Desk.make("span", affirmed ? "hits" : "hits denied", String(affirmed || mine.length));
      badge.title = affirmed ? `${affirmed} not denied, ${mine.length - affirmed} denied, past or of a relative`
        : `${mine.length}, all denied, past or of a relative`;
      note.button.prepend(badge);
    }
    draw();
  }
  // The next marked word, in this note or a later one; its sentence is selected, ready to attach.
  async function jump(by) {
    const order = [...known.keys()], from = order.indexOf(shown?.id);
    const places = order.flatMap((id, n) => (marks[id] || []).map((m, k) => [n, k, id]));
    if (!places.length) { Lock.say("No word of this field's list in the notes"); return; }
    let at = places.findIndex(([n, k]) => n === from && k === here);
    if (at < 0) at = by > 0 ? places.findIndex(([n]) => n >= from) - 1 : places.findLastIndex(([n]) => n < from) + 1;
    const [, k, id] = places[(at + by + places.length) % places.length];
    if (shown?.id !== id) await open(id);
    here = k;
    const [a, b] = marks[id][k].slice(0, 2).map(p => toUnits(shown.text, p));
    if (partOf(a) !== part) { part = partOf(a); draw(); }
    const before = shown.text.slice(part, a), after = shown.text.slice(b, part + PART);
    const start = part + Math.max(...[". ", "\n", "; "].map(s => before.lastIndexOf(s) + (before.includes(s) ? s.length : 0)), 0);
    const ends = [". ", ".\n", "\n", "; "].map(s => after.indexOf(s)).filter(n => n >= 0);
    const end = b + (ends.length ? Math.min(...ends) + (after[Math.min(...ends)] === "." ? 1 : 0) : after.length);
    select(start, end);
  }
  function select(start, end) {
    const range = document.createRange(), walk = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    let seen = part, begun = false;
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const next = seen + node.data.length;
      if (!begun && start < next) { range.setStart(node, start - seen); begun = true; }
      if (begun && end <= next) { range.setEnd(node, end - seen); break; }
      seen = next;
    }
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    range.startContainer.parentElement?.scrollIntoView({ block: "nearest" });
    body.querySelectorAll("mark.here").forEach(m => m.classList.remove("here"));
    [...body.querySelectorAll("mark")].find(m => range.intersectsNode(m))?.classList.add("here");
  }
  function selection() {
    const chosen = getSelection();
    if (!shown || !chosen.rangeCount || chosen.isCollapsed) return null;
    const range = chosen.getRangeAt(0);
    if (!body.contains(range.startContainer) || !body.contains(range.endContainer)) return null;
    const before = document.createRange();
    before.selectNodeContents(body);
    before.setEnd(range.startContainer, range.startOffset);
    let start = part + before.toString().length, end = start + range.toString().length;
    while (start < end && /\s/.test(shown.text[start])) start++;
    while (end > start && /\s/.test(shown.text[end - 1])) end--;
    if (start === end) return null;
    return { note: shown.id, title: `${shown.kind}, ${shown.time}`, quote: shown.text.slice(start, end),
      start: toPoints(shown.text, start), end: toPoints(shown.text, end) };
  }

  // ---- tabs
  function showTab(name) {
    document.querySelectorAll("[role=tab]").forEach(tab => {
      const on = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      document.getElementById("panel-" + tab.dataset.tab).hidden = !on;
    });
    if (name === "records") records();
  }
  document.querySelectorAll("[role=tab]").forEach(tab => {
    tab.addEventListener("click", () => showTab(tab.dataset.tab));
    tab.addEventListener("keydown", event => {
      if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
      const tabs = [...document.querySelectorAll("[role=tab]:not([hidden])")];
      const next = tabs[(tabs.indexOf(tab) + (event.key === "ArrowRight" ? 1 : tabs.length - 1)) % tabs.length];
      showTab(next.dataset.tab);
      next.focus();
    });
  });
  let drawn = null;
  async function records() {
    const picked = document.getElementById("stretch"), where = document.getElementById("records");
    if (drawn === picked.value) return;
    const reply = await fetch(Desk.url("records") + "?stretch=" + encodeURIComponent(picked.value), { credentials: "same-origin" });
    if (!reply.ok) { where.textContent = "The records could not be loaded. Choose the stretch again."; return; }
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    where.replaceChildren(...[...page.body.childNodes].map(n => document.importNode(n, true)));
    drawn = picked.value;
  }
  document.getElementById("stretch").addEventListener("change", records);

  // ---- search in this chart's notes
  document.getElementById("find-form").addEventListener("submit", async event => {
    event.preventDefault();
    const query = find.value.trim(), out = document.getElementById("results");
    if (!query) { found = []; out.replaceChildren(); showTab("notes"); draw(); return; }
    const reply = await fetch(Desk.url("search") + "?q=" + encodeURIComponent(query), { credentials: "same-origin" });
    const data = reply.ok ? await reply.json() : { hits: [], error: "The search did not work. Try it again." };
    found = data.hits.flatMap(h => h.spans.map(([a, b]) => [a, b, "found", "Found by the search", h.note]));
    out.replaceChildren(...data.hits.map(hit => {
      const item = Desk.make("li"), button = Desk.make("button");
      button.type = "button";
      button.append(Desk.make("b", "", hit.title + ": "), document.createTextNode(hit.excerpt));
      button.addEventListener("click", async () => {
        await open(hit.note);
        body.querySelector("mark.found")?.scrollIntoView({ block: "center" });
      });
      item.append(button);
      return item;
    }));
    document.getElementById("result-count").textContent = data.error
      || (data.hits.length ? `${data.hits.length} notes with “${query}”` : `No note has “${query}”`);
    showTab("results");
    draw();
  });

  function step(by) {
    const order = [...known.keys()], next = order[order.indexOf(shown?.id) + by];
    if (next) open(next);
  }
  return { begin, open, mark, selection, jump, step, search: () => { find.focus(); find.select(); },
    retry: () => field && mark(field) };
})();
