// The inbox without this file reads and acts just as well. The file adds keys,
// live updates and ticks that follow the cursor.
"use strict";
(() => {
  const $ = (s, at = document) => at.querySelector(s);
  const $$ = (s, at = document) => [...at.querySelectorAll(s)];
  document.documentElement.classList.add("scripted");

  // ---- the list: cursor and ticks ----
  const rows = () => $$("#rows > li");
  let at = null; // id of the row under the cursor; a row may be replaced
  const idOf = (li) => li.dataset.id || $("a.open", li)?.getAttribute("href");
  const current = () => rows().find((li) => idOf(li) === at);
  function point(li, scroll = true) {
    rows().forEach((x) => x.classList.toggle("at", x === li));
    at = li ? idOf(li) : null;
    if (li && scroll) li.scrollIntoView({ block: "nearest" });
    if (li) $("a.open", li).focus({ preventScroll: true });
    ticks();
  }
  function move(by) {
    const all = rows();
    if (!all.length) return;
    const i = all.indexOf(current());
    point(all[i < 0 ? 0 : Math.max(0, Math.min(all.length - 1, i + by))]);
  }
  function ticks() {
    const n = $$("#rows input[name=task]:checked").length;
    const out = $("#picked");
    if (out) out.textContent = n;
    $(".acts")?.classList.toggle("live", n > 0 || !!current());
  }
  document.addEventListener("change", (e) => { if (e.target.name === "task") ticks(); });
  $("#bulk")?.addEventListener("submit", (e) => {
    if ($$("#rows input[name=task]:checked").length) return;
    const box = current() && $("input[name=task]", current());
    if (!box || box.disabled) { e.preventDefault(); return; }
    box.checked = true; // nothing is ticked: the row under the cursor is meant
  });
  const kept = sessionStorage.getItem("at");
  if (kept && $("#bulk")) {
    sessionStorage.removeItem("at");
    const li = rows().find((x) => idOf(x) === kept);
    if (li) point(li, false);
  }
  addEventListener("pagehide", () => { if (at) sessionStorage.setItem("at", at); });

  // ---- keys, by their place on the keyboard ----
  const places = { KeyJ: "j", KeyK: "k", KeyO: "o", KeyV: "v", KeyT: "t", KeyA: "a", KeyN: "n", KeyE: "e", KeyX: "x", KeyZ: "z", KeyS: "s", KeyU: "u", KeyG: "g", KeyM: "m", Enter: "o" };
  const going = { m: "/?tab=mine", u: "/?tab=free", a: "/?tab=all", s: "/sources" };
  let goTime = 0;
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    const typing = e.target.closest("input:not([type=checkbox]):not([type=radio]),textarea,select");
    if (typing) { if (e.key === "Escape") typing.blur(); return; }
    let key = places[e.code];
    if (e.code === "Slash") key = e.shiftKey ? "?" : "/";
    if (e.key === "?" || e.key === "/") key = e.key; // wherever the layout has them
    if (!key || (e.shiftKey && key !== "?")) return;
    if (key === "o" && e.code === "Enter" && !e.target.closest("#rows") && e.target !== document.body) return;
    if (Date.now() - goTime < 1500 && going[key]) { e.preventDefault(); location.href = going[key]; return; }
    goTime = 0;
    if (press(key)) e.preventDefault();
  });
  function press(key) {
    if (key === "g") { goTime = Date.now(); return true; }
    if ($("#rows")) {
      const li = current();
      switch (key) {
        case "j": move(1); return true;
        case "k": move(-1); return true;
        case "o": if (li) $("a.open", li).click(); return !!li;
        case "v": if (li) $("a.visit[href]", li)?.click(); return !!li;
        case "x": { const box = li && $("input[name=task]", li); if (box && !box.disabled) { box.checked = !box.checked; ticks(); } return !!box; }
      }
    }
    const target = $$('[data-key="' + key + '"]').find((x) => x.offsetParent !== null || x.closest(".flash"));
    if (!target) return false;
    if (target.matches("input")) { target.focus(); target.select(); return true; }
    if (target.matches("summary")) { target.parentElement.open = true; $("button,input,select,textarea", target.parentElement)?.focus(); return true; }
    target.click();
    return true;
  }

  // ---- writing: count and templates ----
  function counters() {
    $$("textarea[data-count]").forEach((t) => {
      const out = t.form && $(".counter", t.form);
      const show = () => {
        if (!out) return;
        const n = [...t.value].length, max = +t.dataset.max;
        out.textContent = t.dataset.count.replace("%d", max ? n + " / " + max : n);
        out.classList.toggle("over", max > 0 && n > max);
      };
      t.addEventListener("input", show);
      show();
    });
  }
  counters();
  // A template comes after what is typed; another one takes its place while
  // nobody has changed it.
  const pick = $("[data-templates] select");
  let typed = "", offered = null;
  pick?.addEventListener("change", async () => {
    const button = $("[data-templates] button"), text = $("textarea[data-count]", pick.form);
    if (text.value === offered) text.value = typed;
    typed = text.value;
    try {
      const answer = await fetch(button.formAction, { method: "POST", body: new URLSearchParams(new FormData(pick.form)), headers: { "X-Background": "1" } });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      text.value = offered = $("textarea[data-count]", page).value;
      text.dispatchEvent(new Event("input"));
    } catch { pick.form.requestSubmit(button); }
  });

  // ---- the toast goes when the time to undo is over ----
  const flash = $("#flash");
  if (flash?.firstElementChild) setTimeout(() => flash.replaceChildren(), 10000);

  // ---- live updates ----
  const live = $("[data-live]");
  if (!live || !window.EventSource) return;
  const ask = async () => {
    const answer = await fetch(location.href, { headers: { "X-Background": "1" } });
    if (!answer.ok) throw new Error(answer.status);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };
  let waiting = false, again = false;
  async function refresh() {
    if (waiting) { again = true; return; }
    waiting = true;
    try {
      const fresh = await ask();
      live.dataset.live === "list" ? list(fresh) : task(fresh);
      frame(fresh);
    } catch { /* the stream tells again */ }
    waiting = false;
    if (again) { again = false; refresh(); }
  }
  const parts = (fresh, ...names) => names.forEach((s) => {
    const old = $(s), now = $(s, fresh);
    if (old && now && old.innerHTML !== now.innerHTML) old.innerHTML = now.innerHTML;
  });
  function frame(fresh) {
    parts(fresh, ".tabs", ".menu");
    const now = $$(".blind", fresh), old = $$(".blind");
    if (now.map((x) => x.outerHTML).join() === old.map((x) => x.outerHTML).join()) return;
    old.forEach((x) => x.remove());
    now.forEach((x) => $("#flash").before(x));
  }
  // What changed is shown in its place; what is new waits for a click, so that
  // nothing moves under the hand.
  let unseen = null;
  function list(fresh) {
    const known = new Map(rows().map((li) => [li.dataset.id, li]));
    const now = $$("#rows > li", fresh);
    let news = 0;
    for (const li of now) {
      const old = known.get(li.dataset.id);
      known.delete(li.dataset.id);
      if (!old) { news++; continue; }
      if (old.outerHTML !== li.outerHTML) swap(old, li);
    }
    known.forEach((li) => { if ($("#rows").dataset.first === "true") li.classList.add("pending"); });
    unseen = news || known.size ? now : null;
    const bar = $("#news");
    if (news && rows().length === 0) { show(now); return; }
    bar.hidden = !news;
    if (news) bar.textContent = bar.dataset.words.replace("%d", news);
    if (!news && known.size) show(now);
  }
  function swap(old, li) {
    const box = $("input[name=task]", old), changed = old.dataset.version !== li.dataset.version;
    const focused = old.contains(document.activeElement);
    const copy = document.importNode(li, true);
    if (box?.checked && !$("input[name=task]", copy).disabled) $("input[name=task]", copy).checked = true;
    if (changed) copy.classList.add("fresh");
    old.replaceWith(copy);
    if (idOf(copy) === at) copy.classList.add("at");
    if (focused) $("a.open", copy).focus({ preventScroll: true });
    ticks();
  }
  function show(now) {
    const ticked = new Set($$("#rows input[name=task]:checked").map((x) => x.value));
    const known = new Set(rows().map((li) => li.dataset.id));
    $("#rows").replaceChildren(...now.map((li) => {
      const copy = document.importNode(li, true), box = $("input[name=task]", copy);
      if (ticked.has(box.value) && !box.disabled) box.checked = true;
      if (!known.has(copy.dataset.id)) copy.classList.add("fresh");
      return copy;
    }));
    $(".empty")?.remove();
    const li = current();
    if (li) li.classList.add("at");
    $("#news").hidden = true;
    unseen = null;
    ticks();
  }
  $("#news")?.addEventListener("click", () => unseen && show(unseen));
  const dirty = () => $$("textarea,input:not([type=hidden]):not([type=search])", live).some((x) => x.value !== x.defaultValue || x.checked !== x.defaultChecked);
  function task(fresh) {
    const now = $("#mention", fresh);
    if (!now) return;
    const changed = now.dataset.version !== live.dataset.version;
    if (!changed) { present(now); return; }
    if (dirty() || $("textarea:focus", live)) { $("#changed").hidden = false; return; }
    live.dataset.version = now.dataset.version;
    live.innerHTML = now.innerHTML;
    counters();
  }
  function present(now) {
    $(".present", live)?.remove();
    const line = $(".present", now);
    if (line) $("#changed").after(document.importNode(line, true));
  }
  const stream = new EventSource("/live" + (live.dataset.task ? "?task=" + live.dataset.task : ""));
  stream.addEventListener("changed", refresh);
  stream.addEventListener("presence", (e) => {
    if (live.dataset.live === "list" ? $('#rows > li[data-id="' + e.data + '"]') : e.data === live.dataset.task) refresh();
  });
  // Deadlines move by themselves.
  setInterval(() => { if (!document.hidden) refresh(); }, 30000);
})();
