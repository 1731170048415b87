"use strict";
// How a card looks. Nothing here knows where cards come from.
const boardCards = (() => {
  const STAGES = { expected: "Expected", preparation: "Preparation", dosing: "Dosing", recovery: "Recovery", ended: "Ended" };
  const STATUSES = { ready: "ready for the dose", dischargeable: "may go home", completed: "completed", aborted: "aborted", missed: "did not come" };
  const HERE = ["preparation", "dosing", "recovery"];
  const LEVELS = ["caution", "pause", "stop"];
  const SHAPES = { caution: "▲", pause: "◆", stop: "⬣" };
  const VALUES = [["systolic", "BP"], ["heart_rate", "HR /min"], ["spo2", "SpO₂ %"], ["moaas", "MOAA/S"]];

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const words = (code) => code.replace(/_/g, " ");
  const titled = (code) => { const text = words(code); return text.charAt(0).toUpperCase() + text.slice(1); };
  const chairOf = (card) => (card.chair ? titled(card.chair) : "No chair");
  const minutesSince = (at, now) => Math.floor((now - Date.parse(at)) / 60000);
  // A level that is not known here is shown as the worst.
  const rank = (level) => (LEVELS.includes(level) ? LEVELS.indexOf(level) : LEVELS.length);
  const known = (level) => (LEVELS.includes(level) ? level : "stop");
  const worst = (card) => card.alarms.reduce((w, a) => (w === null || rank(a.level) > rank(w) ? a.level : w), null);
  const clockOf = (zone) => new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });

  function minutes(card, now) {
    const box = make("p", "minutes");
    if (!card.stage_began_at) { box.append("–", make("small", "", " time not known")); return box; }
    const since = minutesSince(card.stage_began_at, now);
    const isAhead = card.stage === "expected" && since < 0;
    const isOver = card.stage === "expected" && since >= 0;
    box.append(String(isAhead ? -since : since), make("small", "", isAhead ? " min to go" : isOver ? " min after the time" : " min"));
    return box;
  }

  function due(card, now, clock) {
    if (card.stage !== "dosing" && card.stage !== "recovery") return null;
    const box = make("p", "due");
    if (!card.next_due_at) { box.textContent = "Next reading: not known"; return box; }
    const late = minutesSince(card.next_due_at, now);
    const at = clock.format(Date.parse(card.next_due_at));
    box.dataset.due = late > 0 ? "late" : late === 0 ? "now" : "later";
    box.textContent = late > 0 ? "Reading overdue by " + late + " min (" + at + ")" : late === 0 ? "Reading due now (" + at + ")" : "Next reading " + at + ", in " + -late + " min";
    return box;
  }

  // By the time, and not by `overruns_since`: no event is sent when a visit's end has come.
  function overrun(one, now, clock) {
    const late = minutesSince(one.ends_at, now);
    if (!HERE.includes(one.stage) || late < 0) return null;
    const box = make("p", "overrun", "Overruns by " + late + " min");
    box.append(make("small", "", " was to end " + clock.format(Date.parse(one.ends_at))));
    return box;
  }

  function alarm(one, now, tag, chair) {
    const box = make(tag, "alarm");
    box.dataset.level = known(one.level);
    const text = make("span", "", (chair ? chair + ": " : "") + titled(one.level) + " – " + words(one.concern));
    const age = minutesSince(one.raised_at, now);
    text.append(make("small", "", (age < 1 ? "just now" : "for " + age + " min") + (one.status === "acknowledged" ? ", acknowledged" : ", not acknowledged")));
    const shape = make("span", "shape", SHAPES[known(one.level)]);
    shape.setAttribute("aria-hidden", "true");
    box.append(shape, text);
    return box;
  }

  function values(reading, now) {
    const list = make("dl", "values");
    for (const [name, title] of VALUES) {
      const pair = make("div");
      const value = reading[name];
      const shown = name === "systolic" ? [value, reading.diastolic].map((v) => v ?? "–").join("/") : value ?? "–";
      pair.append(make("dt", "", title), make("dd", "", String(shown)));
      list.append(pair);
    }
    const age = minutesSince(reading.taken_at, now);
    return [list, make("p", "taken", "Taken " + (age < 1 ? "just now" : age + " min ago"))];
  }

  function card(one, now, clock) {
    const box = make("article", "card");
    box.id = "card-" + one.session_id;
    box.tabIndex = -1;
    box.dataset.stage = one.stage;
    const level = worst(one);
    if (level !== null) box.dataset.level = known(level);
    const top = make("div", "top");
    const status = STATUSES[one.status] ? ", " + STATUSES[one.status] : "";
    top.append(make("h3", "", chairOf(one)), make("p", "stage", (STAGES[one.stage] || titled(one.stage)) + status));
    box.append(top, minutes(one, now));
    const late = overrun(one, now, clock);
    if (late) box.append(late);
    const expected = due(one, now, clock);
    if (expected) box.append(expected);
    box.append(...[...one.alarms].sort((a, b) => rank(b.level) - rank(a.level)).map((a) => alarm(a, now, "div")));
    if (one.last_reading) box.append(...values(one.last_reading, now));
    box.append(make("p", "ref", clock.format(Date.parse(one.starts_at)) + "–" + clock.format(Date.parse(one.ends_at)) + " · " + one.session_id));
    return box;
  }

  function ended(one) {
    return make("p", "", chairOf(one) + " · " + (STATUSES[one.status] || words(one.status)) + " · " + one.session_id);
  }

  return { card, ended, alarm, chairOf, known, rank, clockOf, titled, words };
})();
