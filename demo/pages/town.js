// Keeps the front page current while nobody is writing an answer.
(function () {
  "use strict";
  var last = null;
  async function refresh() {
    var rev = (await (await fetch("/state.json", {cache: "no-store"})).json()).rev;
    if (last === null) { last = rev; return; }
    if (rev === last || document.querySelector("details[open]")) return;
    var text = await (await fetch("/", {cache: "no-store"})).text();
    var fresh = new DOMParser().parseFromString(text, "text/html").querySelector("main");
    if (document.querySelector("details[open]")) return;
    document.querySelector("main").replaceWith(fresh);
    last = rev;
  }
  setInterval(function () { refresh().catch(function () {}); }, 1500);
})();
