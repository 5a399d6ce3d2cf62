// The reading desk: the form's answers, saved at each change and never lost in silence.
// notes.js holds the chart's side. Every text from the chart goes in through textContent.
"use strict";
const Desk = (() => {
  const root = document.getElementById("desk");
  const chart = root.dataset.chart, token = root.dataset.csrf, writable = root.dataset.writable === "yes";
  const form = document.getElementById("form");
  const fields = new Map(); // name -> {box, version, answer, wanted, tries, busy}
  const undoable = [];
  let current = null, timer = 0;

  const url = (...parts) => "/chart/" + [chart, ...parts].map(encodeURIComponent).join("/");
  const make = (tag, kind, text) => {
    const it = document.createElement(tag);
    if (kind) it.className = kind;
    if (text !== undefined) it.textContent = text;
    return it;
  };
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const empty = { status: "", value: null, evidence: [] };

  // ---- what a field shows, and what stands in it
  const inputs = box => [...box.querySelectorAll("[data-value]")];
  function read(box) {
    const silent = box.querySelector("[data-status]:checked");
    const evidence = fields.get(box.dataset.field).answer.evidence;
    if (silent) return { status: silent.dataset.status, value: null, evidence };
    const all = inputs(box);
    let value;
    if (all[0].type === "radio" || all[0].type === "checkbox") {
      const on = all.find(i => i.checked);
      value = on ? on.value : null;
    } else value = all[0].value.trim() || null;
    return { status: value === null ? "" : "answered", value, evidence };
  }
  function show(box, answer) {
    box.querySelectorAll("[data-status]").forEach(i => { i.checked = i.dataset.status === answer.status; });
    const all = inputs(box);
    if (all[0].type === "radio" || all[0].type === "checkbox")
      all.forEach(i => { i.checked = answer.status === "answered" && i.value === String(answer.value); });
    else all[0].value = answer.value ?? "";
    const list = box.querySelector(".evidence");
    list.replaceChildren(...answer.evidence.map((piece, n) => {
      const item = make("li"), quote = make("button", "quote", "“" + piece.quote + "”");
      quote.type = "button";
      quote.title = "Show it in " + (piece.title || "the note");
      quote.addEventListener("click", () => Notes.open(piece.note, [piece.start, piece.end]));
      item.append(quote);
      if (writable) {
        const drop = make("button", "small", "✕");
        drop.type = "button";
        drop.setAttribute("aria-label", "Remove this evidence");
        drop.addEventListener("click", () => change(box, {
          ...fields.get(box.dataset.field).answer,
          evidence: answer.evidence.filter((_, other) => other !== n) }));
        item.append(drop);
      }
      return item;
    }));
    box.classList.toggle("answered", answer.status !== "");
  }
  // ---- which fields are asked: branching, by the server's word after each save
  function ask(hidden) {
    if (!hidden) return;
    const gone = new Set(hidden);
    for (const [name, it] of fields) it.box.hidden = gone.has(name);
    let heading = null;
    for (const part of form.children) {
      if (part.matches("h2.section")) { heading = part; heading.hidden = true; }
      else if (heading && part.matches(".field") && !part.hidden) heading.hidden = false;
    }
    progress();
  }
  function progress() {
    const asked = [...fields.values()].filter(f => !f.box.hidden);
    const done = asked.filter(f => f.answer.status !== "").length;
    document.getElementById("progress").textContent = `${done} of ${asked.length} answered`;
    const bar = document.getElementById("progress-bar");
    bar.max = Math.max(asked.length, 1);
    bar.value = done;
  }

  // ---- saving: one request a field at a time, the newest wish last, tried again until it is through
  function mark(box, text, kind) {
    const it = box.querySelector(".mark");
    it.textContent = text;
    it.className = "mark " + kind;
    box.classList.toggle("failed", kind === "failed");
  }
  function state() {
    const open = [...fields.values()].filter(f => f.wanted || f.busy);
    const stuck = open.filter(f => f.tries > 0).length, it = document.getElementById("state");
    if (stuck) {
      it.className = "state waiting";
      it.textContent = `Not saved: ${stuck} waiting, trying again`;
    } else if (open.length) { it.className = "state saving"; it.textContent = "Saving"; }
    else if ([...fields.values()].some(f => f.box.classList.contains("failed"))) {
      it.className = "state waiting";
      it.textContent = "An answer needs attention";
    } else { it.className = "state saved"; it.textContent = "All answers saved"; }
  }
  function change(box, answer, undo = true) {
    const it = fields.get(box.dataset.field);
    if (!writable || (same(answer, it.answer) && !box.classList.contains("failed"))) return;
    if (undo) undoable.push([box.dataset.field, it.answer]);
    it.answer = answer;
    show(box, answer);
    it.wanted = answer;
    mark(box, "saving", "");
    progress();
    send(it);
  }
  async function send(it) {
    if (it.busy || !it.wanted) return;
    const sent = it.wanted;
    it.wanted = null;
    it.busy = true;
    state();
    let answer, status = 0;
    try {
      const reply = await fetch(url("answer"), {
        method: "POST", credentials: "same-origin",
        headers: { "content-type": "application/json", "x-csrf-token": token },
        body: JSON.stringify({ field: it.box.dataset.field, status: sent.status, value: sent.value,
          evidence: sent.evidence.map(({ note, start, end, quote }) => ({ note, start, end, quote })),
          base: it.version }),
        signal: AbortSignal.timeout(20000),
      });
      status = reply.status;
      answer = await reply.json().catch(() => ({}));
    } catch { status = 0; }
    it.busy = false;
    if (status === 200) {
      it.tries = 0;
      it.version = answer.version;
      if (!it.wanted) {
        it.answer = { status: answer.status, value: answer.value, evidence: answer.evidence };
        if (!it.box.contains(document.activeElement) || !inputs(it.box).some(i => i.type === "text"))
          show(it.box, it.answer);
        mark(it.box, "saved " + new Date().toTimeString().slice(0, 5), "saved");
      }
      ask(answer.hidden);
    } else if (status === 409 && answer.theirs) conflict(it, sent, answer);
    else if (status === 422 || status === 403 || status === 404 || status === 413 || status === 409) {
      it.tries = 0;
      mark(it.box, answer.error || "refused", "failed");
    } else {
      // No answer, a server in trouble, or a locked session: keep it and try again.
      it.wanted = it.wanted || sent;
      it.tries += 1;
      mark(it.box, "not saved yet", "failed");
      if (status === 401 || status === 423) Lock.show(answer.locked !== false);
      clearTimeout(timer);
      timer = setTimeout(retry, Math.min(1000 * 2 ** Math.min(it.tries, 5), 20000));
    }
    state();
    if (status === 200) send(it);
  }
  function retry() {
    for (const it of fields.values()) if (it.wanted) send(it);
  }

  // ---- the same field was saved elsewhere meanwhile: show both, let the reader choose
  function words(answer) {
    if (answer.status === "") return "no answer";
    if (answer.status !== "answered") return answer.status;
    return String(answer.value);
  }
  function conflict(it, mine, { theirs, version }) {
    it.tries = 0;
    const plain = a => ({ status: a.status, value: a.value, evidence: a.evidence.map(e => [e.note, e.start, e.end]) });
    if (same(plain(theirs), plain(mine))) { // our own save, whose answer got lost on the way
      it.version = version;
      mark(it.box, "saved", "saved");
      it.box.querySelector(".conflict")?.remove();
      if (it.wanted) send(it);
      return;
    }
    it.box.querySelector(".conflict")?.remove();
    const panel = make("div", "conflict");
    panel.setAttribute("role", "alert");
    panel.append(make("b", "", "This field was saved in another window meanwhile. Which answer stands?"));
    const sides = make("div", "sides");
    for (const [title, answer, keep] of [["Saved there", theirs, false], ["Entered here", mine, true]]) {
      const side = make("div", "side");
      side.append(make("div", "hint", title), make("div", "answer", words(answer)));
      const take = make("button", keep ? "small mine" : "small theirs", keep ? "Keep mine" : "Take the saved one");
      take.type = "button";
      take.addEventListener("click", () => {
        it.version = version;
        panel.remove();
        it.answer = theirs;
        if (keep) change(it.box, mine);
        else { it.wanted = null; show(it.box, theirs); mark(it.box, "saved", "saved"); progress(); state(); }
      });
      side.append(take);
      sides.append(side);
    }
    panel.append(sides);
    it.box.append(panel);
    it.wanted = null;
    mark(it.box, "saved elsewhere too", "failed");
    panel.querySelector("button").focus();
  }

  // ---- moving about
  function focusField(box, steal = true) {
    if (current === box) return;
    current?.classList.remove("current");
    current = box;
    box.classList.add("current");
    if (steal) { (box.querySelector("[data-value]:checked") || box.querySelector("[data-value]")).focus(); box.scrollIntoView({ block: "nearest" }); }
    Notes.mark(box.dataset.field);
  }
  function step(by) {
    const asked = [...fields.values()].map(f => f.box).filter(b => !b.hidden);
    const at = asked.indexOf(current);
    const next = asked[Math.min(Math.max(at + by, 0), asked.length - 1)];
    if (next) focusField(next);
  }
  function silent(status) {
    if (!current || !writable) return;
    const input = current.querySelector(`[data-status="${status}"]`);
    if (!input) return;
    input.checked = !input.checked;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
  function attach() {
    if (!current || !writable) return;
    const piece = Notes.selection();
    if (!piece) { Lock.say("Select text in the note first; then attach it."); return; }
    const answer = fields.get(current.dataset.field).answer;
    if (answer.evidence.some(e => e.note === piece.note && e.start === piece.start && e.end === piece.end)) return;
    commit(current);
    const now = fields.get(current.dataset.field).answer;
    change(current, { ...now, evidence: [...now.evidence, piece] });
    Lock.say("Attached to " + current.dataset.label);
  }
  function undo() {
    const last = undoable.pop();
    if (!last) { Lock.say("Nothing to undo"); return; }
    const it = fields.get(last[0]);
    it.box.querySelector(".conflict")?.remove();
    change(it.box, last[1], false);
    focusField(it.box);
    Lock.say("Undone: " + it.box.dataset.label);
  }
  const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
  function day(text) { // "9 Mar 2015" and "2015/3/9" become 2015-03-09
    const words = /^(\d{1,2})\.?\s+([a-z]{3})[a-z]*\.?,?\s+(\d{4})$/i.exec(text);
    const numbers = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text);
    const pad = n => String(n).padStart(2, "0");
    if (words && MONTHS.includes(words[2].toLowerCase()))
      return `${words[3]}-${pad(MONTHS.indexOf(words[2].toLowerCase()) + 1)}-${pad(words[1])}`;
    return numbers ? `${numbers[1]}-${pad(numbers[2])}-${pad(numbers[3])}` : text;
  }
  function tidy(box) {
    if (box.dataset.type !== "date" && box.dataset.type !== "dates") return;
    for (const input of inputs(box)) {
      const days = input.value.split(/[,;]/).map(part => day(part.trim())).filter(Boolean);
      if (box.dataset.type === "dates") input.value = days.sort().join(", ");
      else input.value = days.join(", ");
    }
  }
  function commit(box) {
    tidy(box);
    change(box, read(box));
  }

  // ---- beginnings
  form.querySelectorAll(".field").forEach(box => {
    fields.set(box.dataset.field, { box, version: Number(box.dataset.version || 0), answer: empty,
      wanted: null, tries: 0, busy: false });
    box.addEventListener("focusin", () => focusField(box, false));
    box.addEventListener("pointerdown", () => focusField(box, false));
    box.addEventListener("change", event => {
      const target = event.target;
      if (target.dataset.status !== undefined && target.checked) {
        box.querySelectorAll("[data-status]").forEach(i => { if (i !== target) i.checked = false; });
        inputs(box).forEach(i => { if (i.type === "radio" || i.type === "checkbox") i.checked = false; else i.value = ""; });
      } else if (target.dataset.value !== undefined)
        box.querySelectorAll("[data-status]").forEach(i => { i.checked = false; });
      commit(box);
    });
    box.querySelector("[data-do=attach]")?.addEventListener("click", attach);
    box.querySelector("[data-do=clear]")?.addEventListener("click", () =>
      change(box, { ...empty, evidence: fields.get(box.dataset.field).answer.evidence }));
  });
  document.querySelectorAll("[data-do=undo]").forEach(b => b.addEventListener("click", undo));
  addEventListener("online", retry);
  addEventListener("beforeunload", event => {
    if (current) commit(current);
    if ([...fields.values()].some(f => f.wanted || f.busy)) event.preventDefault();
  });

  async function begin() {
    const reply = await fetch(url("state"), { credentials: "same-origin" });
    if (!reply.ok) throw new Error(String(reply.status));
    const data = await reply.json();
    for (const [name, answer] of Object.entries(data.answers)) {
      const it = fields.get(name);
      if (!it) continue;
      it.version = answer.version;
      it.answer = { status: answer.status, value: answer.value, evidence: answer.evidence };
      show(it.box, it.answer);
      mark(it.box, answer.status ? "saved" : "", "saved");
    }
    ask(data.hidden);
    Notes.begin(data.notes);
    if (!writable) form.querySelectorAll("input, select, textarea").forEach(i => { i.disabled = true; });
    form.setAttribute("aria-busy", "false");
    progress();
    state();
    const first = [...fields.values()].find(f => !f.box.hidden && f.answer.status === "") || [...fields.values()][0];
    if (first) focusField(first.box);
    root.dataset.ready = "yes";
  }
  return { begin, step, silent, attach, undo, url, make, retry, commit: () => current && commit(current),
    get current() { return current; } };
})();
