(function () {
  "use strict";
  var root = document.documentElement, sea = document.getElementById("map");
  var drawer = document.getElementById("drawer"), body = drawer.querySelector(".db");
  var done = drawer.querySelector(".done"), words = document.getElementById("words").dataset;
  var panels = new Map(), from = null, open = "";
  document.querySelectorAll("template[data-for]").forEach(function (one) { panels.set(one.dataset.for, one); });

  // Theme: the system's until somebody chooses; the choice is kept where the browser allows it
  function dark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme:dark)").matches;
  }
  document.querySelector("[data-theme-switch]").onclick = function () {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("travesia-theme", root.dataset.theme); } catch (e) { /* a page from a file may keep nothing */ }
  };

  // Ages: what was "30 Jun 2026" when the page was made is "3 weeks ago" when it is read
  var steps = [["year", 31556952], ["month", 2629746], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
  function age(seconds) {
    var speak = new Intl.RelativeTimeFormat(root.lang, { numeric: "auto" });
    for (var i = 0; i < steps.length; i++) {
      if (seconds >= steps[i][1]) return speak.format(-Math.floor(seconds / steps[i][1]), steps[i][0]);
    }
    return speak.format(0, "second");
  }
  function ages(within) {
    within.querySelectorAll("time[data-age]").forEach(function (one) {
      var seconds = (Date.now() - Date.parse(one.dateTime)) / 1000;
      if (!one.title) one.title = one.textContent;
      if (seconds >= 0) one.textContent = age(seconds);
      if (one.dataset.fresh && seconds > one.dataset.fresh * 86400) {
        one.classList.add("stale");
        one.title += ", " + words.stale;
      }
    });
  }

  // The drawer: a number's panel, its address, and back to the number
  function button(id) { return sea.querySelector("[data-cell=" + CSS.escape(id) + "]"); }
  function mark(id, on) {
    var one = id && button(id);
    if (one) one.setAttribute("aria-expanded", on ? "true" : "false");
  }
  function show(id, opener) {
    var panel = panels.get(id);
    if (!panel) return;
    mark(open, false);
    body.replaceChildren(panel.content.cloneNode(true));
    ask();
    beside(panel);
    ages(body);
    done.textContent = "";
    open = id;
    mark(id, true);
    if (opener && !drawer.contains(opener)) from = opener;
    drawer.querySelector("[data-copy]").hidden = !body.querySelector("code");
    drawer.hidden = false;
    body.scrollTop = 0;
    drawer.querySelector("[data-close]").focus({ preventScroll: true });
    history.replaceState(null, "", "#cell=" + encodeURIComponent(id));
    var shown = button(id), folded = shown && shown.closest("details");
    if (folded) folded.open = true;
    if (shown && opener !== shown) shown.scrollIntoView({ block: "nearest", inline: "center" });
  }
  // The other numbers of the same part
  function made(tag, text, within) {
    var one = within.appendChild(document.createElement(tag));
    one.textContent = text;
    return one;
  }
  function beside(panel) {
    var others = [];
    panels.forEach(function (one) { if (one !== panel && one.dataset.group === panel.dataset.group) others.push(one.dataset); });
    if (!others.length) return;
    made("h3", words.beside, body);
    var list = made("ul", "", body);
    list.className = "also";
    others.forEach(function (one) {
      var open = made("button", "", made("li", "", list));
      open.type = "button";
      open.dataset.open = one.for;
      made("span", one.title, open).dir = "auto";
      made("b", one.text, open);
    });
  }
  // A question is written once for all its numbers: it comes before the number's own line
  function ask() {
    var code = body.querySelector("[data-asked]");
    if (!code) return;
    var asked = document.querySelector("template[data-question=" + CSS.escape(code.dataset.asked) + "]");
    if (!asked) { code.closest("pre").remove(); return; }
    var parts = asked.content.cloneNode(true);
    code.textContent = [parts.querySelector("code").textContent, code.textContent].filter(Boolean).join("\n");
    var note = parts.querySelector(".note");
    if (note) code.closest("pre").after(note);
  }
  function close() {
    if (drawer.hidden) return;
    drawer.hidden = true;
    mark(open, false);
    var back = from || button(open);
    open = ""; from = null;
    history.replaceState(null, "", location.pathname + location.search);
    if (back) back.focus({ preventScroll: true });
  }
  function fromAddress() {
    var found = /^#cell=(.+)$/.exec(location.hash);
    if (!found) return;
    var id = "";
    try { id = decodeURIComponent(found[1]); } catch (e) { return; /* not an address of ours */ }
    show(id, null);
  }
  document.addEventListener("click", function (event) {
    var one = event.target.closest("[data-cell],[data-open],[data-close],[data-copy],[data-print],[data-table]");
    if (!one) return;
    if (one.dataset.cell) { if (open === one.dataset.cell) close(); else show(one.dataset.cell, one); }
    else if (one.dataset.open) show(one.dataset.open, one);
    else if ("close" in one.dataset) close();
    else if ("copy" in one.dataset) copy();
    else if ("print" in one.dataset) print();
    else document.getElementById("table").open = true;
  });
  addEventListener("keydown", function (event) { if (event.key === "Escape") close(); });
  addEventListener("hashchange", fromAddress);

  function copy() {
    var code = body.querySelector("code").textContent;
    function said() { done.textContent = words.copied; }
    if (navigator.clipboard) { navigator.clipboard.writeText(code).then(said, function () { select(said); }); }
    else select(said);
  }
  // A page opened from a file may not use the clipboard: select the text, and copy that
  function select(then) {
    var range = document.createRange(), chosen = getSelection();
    range.selectNodeContents(body.querySelector("code"));
    chosen.removeAllRanges();
    chosen.addRange(range);
    if (document.execCommand("copy")) then();
  }

  // The minimap's frame follows the map
  var view = document.querySelector(".mini .view");
  function follow() {
    var label = parseFloat(getComputedStyle(document.querySelector(".map")).getPropertyValue("--l"));
    var all = document.querySelector(".map").scrollWidth - label, seen = sea.clientWidth - label;
    view.style.left = (100 * sea.scrollLeft / all) + "%";
    view.style.width = Math.min(100, 100 * seen / all) + "%";
  }
  if (view) {
    sea.addEventListener("scroll", follow, { passive: true });
    addEventListener("resize", follow);
    follow();
  }
  ages(document);
  fromAddress();
})();
