// Keeps the drawn workspace current: asks for the revision and, when it has
// grown, fetches the page again and swaps what changed. Without this script
// the page works by reloading.
(function () {
  "use strict";
  document.documentElement.classList.add("scripted");
  var rev = Number(document.body.dataset.rev);

  function atEnd(el) { return el && el.scrollHeight - el.scrollTop - el.clientHeight < 80; }
  function toEnd() { var el = document.getElementById("scroll"); if (el && !location.hash) el.scrollTop = el.scrollHeight; }
  // A person who is typing, or has a menu open, must not lose it.
  function busy() {
    var a = document.activeElement;
    return document.querySelector(".veil, details[open]") ||
      (a && /^(INPUT|TEXTAREA|SELECT)$/.test(a.tagName) && a.value !== "");
  }

  async function refresh() {
    var now = await (await fetch("/rev", {cache: "no-store"})).json();
    if (now === rev || busy()) return;
    var text = await (await fetch(location.href, {cache: "no-store"})).text();
    var fresh = new DOMParser().parseFromString(text, "text/html");
    if (busy()) return;
    var end = atEnd(document.getElementById("scroll")), old = document.getElementById("scroll");
    var top = old ? old.scrollTop : 0;
    document.body.replaceChildren.apply(document.body, Array.from(fresh.body.children));
    var el = document.getElementById("scroll");
    if (el) el.scrollTop = end ? el.scrollHeight : top;
    rev = Number(fresh.body.dataset.rev);
  }

  document.addEventListener("change", function (e) {
    if (e.target.matches(".pick select")) e.target.form.requestSubmit();
  });
  document.addEventListener("click", function (e) {
    document.querySelectorAll("details.overflow[open]").forEach(function (d) { if (!d.contains(e.target)) d.open = false; });
  });
  document.addEventListener("keydown", function (e) {
    var x = document.querySelector(".veil .x");
    if (e.key === "Escape" && x) x.click();
  });
  toEnd();
  setInterval(function () { refresh().catch(function () {}); }, 1000);
})();
