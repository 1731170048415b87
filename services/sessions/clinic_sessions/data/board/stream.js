"use strict";
// Server-sent events over fetch: the browser's own EventSource cannot send a token.
const boardStream = (() => {
  class Refused extends Error {
    constructor(status) { super(String(status)); this.status = status; }
  }

  // Calls `receive(event)` for each event, and `lives()` for every sign of life. Ends when the service ends it.
  async function listen({ url, token, last, signal, receive, lives }) {
    const headers = { Accept: "text/event-stream", Authorization: "Bearer " + token };
    if (last) headers["Last-Event-ID"] = last;
    const response = await fetch(url, { headers, signal, cache: "no-store", credentials: "omit" });
    if (!response.ok) throw new Refused(response.status);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      lives();
      text += value;
      const parts = text.split("\n\n");
      text = parts.pop();
      parts.map(parsed).filter((event) => event.data).forEach(receive);
    }
  }

  function parsed(part) {
    const event = { name: "message", id: null, data: "", retry: null };
    for (const line of part.split("\n")) {
      const at = line.indexOf(":");
      if (at < 1) continue; // a comment
      const value = line.slice(at + 1).replace(/^ /, "");
      const field = line.slice(0, at);
      if (field === "event") event.name = value;
      else if (field === "data") event.data += value;
      else if (field === "id") event.id = value;
      else if (field === "retry") event.retry = Number(value);
    }
    return event;
  }

  return { listen, Refused };
})();
