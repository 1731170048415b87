"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const SILENT_AFTER = 12000; // two signs of life and a little: then nobody knows whether it is live
  const EMPTY_AFTER = 15000;
  const { card, ended, alarm, chairOf, known, rank, clockOf, titled, words } = boardCards;

  // The token stays in this variable, and nowhere else.
  let token = "", place = "", cursor = "", retry = 2000, run = 0, controller = null;
  let cards = new Map(), board = null, servedAt = 0, receivedAt = 0, lastGood = 0, state = "idle", spoken = new Set();

  const now = () => servedAt + performance.now() - receivedAt;
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  function become(next, text) {
    state = next;
    document.body.dataset.state = next;
    $("state").dataset.state = next;
    if ($("state-text").textContent !== text) $("state-text").textContent = text;
  }

  function stale() {
    if (!board) return become("connecting", "Connecting…");
    become("stale", "Stale since " + clockOf(board.location.zone).format(lastGood) + " – trying again");
  }

  function live(at) { servedAt = at; receivedAt = performance.now(); lastGood = at; become("live", "Live"); }

  function receive(event) {
    if (event.retry) retry = event.retry;
    const data = JSON.parse(event.data);
    if (event.name === "stale") { lastGood = Date.parse(data.since); stale(); return; }
    if (event.name !== "snapshot" && event.name !== "changed") return;
    if (event.name === "snapshot") { board = data; cards = new Map(); }
    (data.gone || []).forEach((id) => cards.delete(id));
    data.cards.forEach((one) => cards.set(one.session_id, one));
    if (event.id) cursor = event.id;
    live(Date.parse(data.server_time));
    draw();
    speak();
  }

  // A sign of life: the service sees the records, and nothing has changed.
  let signOfLife = 0;
  function lives() { signOfLife = performance.now(); if (state === "live") lastGood = now(); }

  async function follow(mine) {
    while (mine === run) {
      controller = new AbortController();
      if (!board) become("connecting", "Connecting…");
      else if (state !== "stale") become("catching", "Catching up…");
      signOfLife = performance.now();
      try {
        const url = "/v1/locations/" + encodeURIComponent(place) + "/board/events";
        await boardStream.listen({ url, token, last: cursor, signal: controller.signal, receive, lives });
      } catch (error) {
        if (error instanceof boardStream.Refused && error.status < 500 && error.status !== 429) { if (mine === run) refused(error.status); return; }
      }
      if (mine !== run) return;
      stale();
      await pause(retry * (0.5 + Math.random()));
      if (state === "stale" && board) become("stale", $("state-text").textContent);
    }
  }

  function refused(status) {
    stale();
    token = "";
    const why = status === 401 ? "The login has run out. Give a new token to go on." : status === 403 ? "This login may not see a board." : "There is no such board for this login.";
    if (!board) become("idle", "Not connected");
    $("asking-why").textContent = why;
    $("asking").dataset.why = String(status);
    $("location").value = place;
    $("asking").hidden = false;
    $("asking-title").focus();
  }

  const natural = new Intl.Collator("en", { numeric: true });
  const order = (a, b) => natural.compare(chairOf(a), chairOf(b)) || Date.parse(a.starts_at) - Date.parse(b.starts_at);

  function draw() {
    if (!board) return;
    const at = now(), clock = clockOf(board.location.zone), all = [...cards.values()].sort(order);
    $("place").textContent = board.location.display_name;
    document.title = board.location.display_name + " – board";
    $("clock").textContent = clock.format(at) + " there, " + board.day;
    const focused = document.activeElement && document.activeElement.id;
    const going = all.filter((one) => one.stage !== "ended"), done = all.filter((one) => one.stage === "ended");
    $("board").replaceChildren(...going.map((one) => card(one, at, clock)));
    $("done").hidden = done.length === 0;
    $("done-list").replaceChildren(...done.map(ended));
    $("empty").hidden = all.length > 0;
    drawAlarms(all, at);
    if (focused && focused !== document.activeElement.id && $(focused)) $(focused).focus({ preventScroll: true });
  }

  const openAlarms = (all) => all.flatMap((one) => one.alarms.map((a) => ({ one, a })))
    .sort((x, y) => rank(y.a.level) - rank(x.a.level) || Date.parse(x.a.raised_at) - Date.parse(y.a.raised_at));

  function drawAlarms(all, at) {
    const open = openAlarms(all);
    $("alarms").hidden = open.length === 0;
    $("alarms").dataset.level = open.length ? known(open[0].a.level) : "";
    $("alarms-title").textContent = open.length === 1 ? "1 open alarm" : open.length + " open alarms";
    $("alarm-list").replaceChildren(...open.map(({ one, a }) => {
      const button = alarm(a, at, "button", chairOf(one));
      button.type = "button";
      button.id = "alarm-" + a.id;
      button.addEventListener("click", () => { const target = $("card-" + one.session_id); if (target) { target.scrollIntoView({ block: "center" }); target.focus({ preventScroll: true }); } });
      return button;
    }));
  }

  // Each alarm is spoken when it comes, when it gets worse, and when it is raised again (it has a new
  // time to be acknowledged by then); not when it grows older.
  const raising = (a) => [a.id, a.level, a.acknowledge_by].join();

  function speak() {
    const open = openAlarms([...cards.values()]);
    const fresh = open.filter(({ a }) => !spoken.has(raising(a)));
    spoken = new Set(open.map(({ a }) => raising(a)));
    if (fresh.length) $("spoken").textContent = fresh.map(({ one, a }) => chairOf(one) + ": " + titled(a.level) + ", " + words(a.concern)).join(". ") + ".";
    else if (!open.length) $("spoken").textContent = "";
  }

  function begin(where, secret) {
    if (controller) controller.abort();
    if (where !== place) { board = null; cards = new Map(); cursor = ""; spoken = new Set(); }
    place = where; token = secret; run += 1;
    $("asking").hidden = true;
    delete $("asking").dataset.why;
    follow(run);
  }

  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const secret = $("token").value.trim();
    $("token").value = "";
    if (secret) begin($("location").value.trim(), secret);
  });

  setInterval(() => {
    const silent = performance.now() - signOfLife;
    if (token && controller && silent > (state === "live" ? SILENT_AFTER : EMPTY_AFTER)) { stale(); controller.abort(); signOfLife = performance.now(); }
  }, 1000);
  // The minutes go on only while somebody knows that nothing else has.
  setInterval(() => { if (state === "live") draw(); }, 10000);

  function fromFragment() {
    const given = new URLSearchParams(location.hash.slice(1));
    if (!given.get("location")) return;
    history.replaceState(null, "", location.pathname);
    $("location").value = given.get("location");
    if (given.get("token")) begin(given.get("location"), given.get("token"));
    else $("token").focus();
  }
  addEventListener("hashchange", fromFragment);
  fromFragment();
})();
