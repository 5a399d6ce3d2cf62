// Short messages, the idle lock, and the keys of the desk. On every page of a signed-in person.
"use strict";
const Lock = (() => {
  const veil = document.getElementById("veil"), say_ = document.getElementById("say");
  const idle = Number(document.body.dataset.idle || 0) * 1000;
  let last = Date.now(), hush = 0;

  function say(text) {
    if (!say_) return;
    say_.textContent = text;
    clearTimeout(hush);
    hush = setTimeout(() => { say_.textContent = ""; }, 4000);
  }
  // With unsaved answers on a desk the page stays, behind the veil, until the password is given.
  function show(locked) {
    if (!veil || !veil.hidden) return;
    veil.hidden = false;
    document.querySelectorAll("body > :not(#veil)").forEach(e => { e.inert = true; });
    document.getElementById("veil-why").textContent = locked
      ? "Locked, since nothing was done here for a while. What you entered is kept."
      : "Your session ended. Sign in again; what you entered here is kept.";
    document.getElementById("veil-password").focus();
  }
  function hide() {
    veil.hidden = true;
    document.querySelectorAll("body > :not(#veil)").forEach(e => { e.inert = false; });
    last = Date.now();
  }
  if (veil) document.getElementById("veil-form").addEventListener("submit", async event => {
    event.preventDefault();
    const password = document.getElementById("veil-password"), why = document.getElementById("veil-why");
    const send = new URLSearchParams({ password: password.value, csrf: document.body.dataset.csrf });
    password.value = "";
    try {
      const reply = await fetch("/unlock", { method: "POST", body: send, credentials: "same-origin",
        headers: { accept: "application/json" } });
      if (reply.ok) {
        hide();
        if (typeof Desk !== "undefined") { Desk.retry(); Notes.retry(); }
      } else if (reply.status === 401) location.href = "/login";
      else why.textContent = (await reply.json()).error;
    } catch { why.textContent = "The server cannot be reached. Try again."; }
  });
  for (const kind of ["keydown", "pointerdown", "wheel"])
    addEventListener(kind, () => { if (!veil || veil.hidden) last = Date.now(); }, { passive: true, capture: true });
  if (idle && veil) setInterval(() => { if (veil.hidden && Date.now() - last >= idle) show(true); }, Math.min(idle / 4, 5000));
  // Reading is doing something too: tell the server so, or it would lock who reads a long note.
  if (idle && veil) setInterval(() => {
    if (veil.hidden && Date.now() - last < idle / 2) fetch("/alive", { credentials: "same-origin" }).catch(() => {});
  }, Math.max(idle / 3, 1000));
  document.querySelectorAll("form[data-confirm]").forEach(form => form.addEventListener("submit", event => {
    if (!confirm(form.dataset.confirm)) event.preventDefault();
  }));
  return { say, show };
})();

(() => {
  const help = document.getElementById("help");
  if (!help) return;
  const typing = e => /^(textarea|select)$/i.test(e.target.tagName) || (e.target.tagName === "INPUT" && !/radio|checkbox/.test(e.target.type));
  const go = id => { const link = document.getElementById(id); if (link) link.click(); else Lock.say("There is no other chart"); };
  const KEYS = {
    ArrowDown: () => Desk.step(1), ArrowUp: () => Desk.step(-1),
    KeyN: () => Desk.silent("not documented"), KeyP: () => Desk.silent("not applicable"),
    KeyA: () => Desk.attach(), KeyZ: () => Desk.undo(),
    KeyJ: () => Notes.jump(1), KeyK: () => Notes.jump(-1), KeyS: () => Notes.search(),
    BracketRight: () => Notes.step(1), BracketLeft: () => Notes.step(-1),
    Period: () => go("next-chart"), Comma: () => go("previous-chart"),
    KeyH: () => help.showModal(),
  };
  addEventListener("keydown", event => {
    if (help.open || !document.getElementById("veil").hidden) return;
    if (event.altKey && !event.ctrlKey && !event.metaKey && KEYS[event.code]) {
      event.preventDefault();
      Desk.commit();
      KEYS[event.code]();
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.key === "?" && !typing(event)) { event.preventDefault(); help.showModal(); }
      else if (event.key === "/" && !typing(event)) { event.preventDefault(); Notes.search(); }
      else if (event.key === "Enter" && event.target.closest?.(".field") && event.target.tagName === "INPUT") {
        event.preventDefault();
        Desk.commit();
        Desk.step(event.shiftKey ? -1 : 1);
      }
    }
  });
  document.querySelectorAll("[data-do=help]").forEach(b => b.addEventListener("click", () => help.showModal()));
  Desk.begin().catch(() => {
    const state = document.getElementById("state");
    state.className = "state waiting";
    state.textContent = "The chart could not be loaded. Reload the page.";
  });
})();
