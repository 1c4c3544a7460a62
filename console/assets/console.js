// What pages gain where there are scripts. All of them work without.
(() => {
  "use strict";

  // `/` leads to Find, unless somebody is typing.
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.closest("input, select, textarea, [contenteditable]");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing) return;
    const find = document.getElementById("find") || document.getElementById("q");
    if (!find) return;
    event.preventDefault();
    find.focus();
    find.select();
  });

  // A second click sends nothing. Sent twice all the same, it is done once: the form has a key.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
  });
  // While the next page is on its way, this one says so.
  const busy = (is) => document.getElementById("main")?.setAttribute("aria-busy", String(is));
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) busy(true);
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[href]");
    const elsewhere = event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || elsewhere || event.defaultPrevented || link.origin !== location.origin) return;
    // A place on this page is there at once.
    const stays = link.hash && link.pathname === location.pathname && link.search === location.search;
    if (!stays) busy(true);
  });
  // A page that comes back from the browser's memory is to be used again.
  window.addEventListener("pageshow", () => {
    busy(false);
    document.querySelectorAll("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
    });
  });

  // Where the stream of a live part has broken off for some seconds, the page says so until the part is updated again.
  let silent;
  const mark = (isLive) => {
    clearTimeout(silent);
    silent = undefined;
    const note = document.getElementById("not-live");
    if (note) note.hidden = isLive;
  };
  document.addEventListener("htmx:sseError", () => {
    silent ??= setTimeout(() => mark(false), 5000);
  });
  document.addEventListener("htmx:sseMessage", () => mark(true));

  // The seconds that something still holds. By the clock of this machine since the page came, however its time is set.
  const countDown = (place) => {
    const ends = performance.now() + Number(place.dataset.seconds) * 1000;
    const over = document.getElementById(place.dataset.over);
    const tick = () => {
      const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
      place.textContent = String(left);
      if (left > 0) setTimeout(tick, 250);
      else if (over) over.hidden = false;
    };
    tick();
  };

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const draw = (place) => {
    const { kind, label, x, y } = JSON.parse(place.dataset.chart);
    if (!x.length) return;
    const size = () => ({ width: Math.max(place.clientWidth, 200), height: 220 });
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
    const paths = kind === "bars" ? uPlot.paths.bars({ size: [0.8, 40] }) : uPlot.paths.stepped({ align: 1 });
    const series = { label, paths, stroke: colour("--chart"), fill: kind === "bars" ? colour("--chart") : undefined, width: kind === "bars" ? 0 : 2, points: { show: false } };
    // As wide as its longest figure.
    const width = (_, figures) => 24 + 8 * Math.max(3, ...(figures ?? []).map((figure) => figure.length));
    const options = { ...size(), scales: { y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.05 : 1] } }, axes: [axis, { ...axis, size: width }], series: [{}, series] };
    const plot = new uPlot(options, [x, y], place);
    place.classList.add("drawn");
    new ResizeObserver(() => plot.setSize(size())).observe(place);
  };

  document.addEventListener("DOMContentLoaded", () => {
    if (typeof uPlot === "function") document.querySelectorAll(".plot[data-chart]").forEach(draw);
    document.querySelectorAll("[data-seconds]").forEach(countDown);
  });
})();
