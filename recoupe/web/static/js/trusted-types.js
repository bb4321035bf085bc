/* First script of every page. The one Trusted Types policy of the site: it makes no script, loads scripts only from our
   own static folder, and lets through only markup that cannot run anything. Refusing (null) is the answer to doubt. */
"use strict";
(function () {
  if (!window.trustedTypes || !window.trustedTypes.createPolicy) return;

  const ROOT = new URL("../", document.currentScript.src).href;
  const REFUSED_TAGS = new Set(["script", "iframe", "frame", "frameset", "object", "embed", "applet", "base", "meta", "link",
    "style", "noscript", "noembed", "noframes", "plaintext", "xmp", "portal", "fencedframe"]);
  const TEXT_TAGS = new Set(["textarea", "title"]);
  const URL_ATTRIBUTES = new Set(["href", "src", "action", "formaction", "xlink:href", "poster", "data", "background", "ping"]);
  const SAFE_URL = /^(?:$|[\/#?.]|https?:|blob:|data:image\/|mailto:|tel:|[\w%-]+(?:[\/?#.]|$))/i;
  const ATTRIBUTE = /[\s/]*(?:(>)|([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)))?)/y;

  function safeAttribute(name, value) {
    const lower = name.toLowerCase();
    if (/["'<`]/.test(name) || lower.startsWith("on") || lower === "style" || lower === "srcdoc") return false;
    if (/^(?:data-)?hx-(?:on|vars)/.test(lower)) return false;
    if (/^(?:data-)?hx-(?:vals|headers|request)$/.test(lower) && /^\s*(?:js|javascript)\s*:/i.test(value)) return false;
    return !URL_ATTRIBUTES.has(lower) || SAFE_URL.test(value);
  }

  /* The end of the tag that starts at `start`, or -1 when it holds something that could run. */
  function endOfTag(html, start) {
    const name = /[a-z][^\s/>]*/iy;
    name.lastIndex = start;
    const tag = name.exec(html)[0].toLowerCase();
    if (REFUSED_TAGS.has(tag)) return -1;
    ATTRIBUTE.lastIndex = start + tag.length;
    for (let found = ATTRIBUTE.exec(html); found; found = ATTRIBUTE.exec(html)) {
      if (found[1]) return textEnd(html, tag, ATTRIBUTE.lastIndex);
      if (!safeAttribute(found[2], found[3] ?? found[4] ?? found[5] ?? "")) return -1;
    }
    return -1;
  }

  /* Inside a text area no tag is read until its own end; anything else there is refused rather than guessed. */
  function textEnd(html, tag, from) {
    if (!TEXT_TAGS.has(tag)) return from;
    const next = html.indexOf("<", from);
    return html.slice(next, next + tag.length + 2).toLowerCase() === "</" + tag ? next : -1;
  }

  function endOfComment(html, open) {
    const close = html.indexOf("-->", open + 4);
    const inside = html.slice(open + 4, close);
    return close < 0 || /^-?>|--!>|<!--/.test(inside) ? -1 : close + 3;
  }

  function harmless(html) {
    for (let open = html.indexOf("<"); open >= 0;) {
      let next = -1;
      if (html.startsWith("<!--", open)) next = endOfComment(html, open);
      else if (/[a-z]/i.test(html[open + 1] || "")) next = endOfTag(html, open + 1);
      else if (html[open + 1] === "/") next = html.indexOf(">", open) + 1 || -1;
      else if (/^<!doctype html>/i.test(html.slice(open, open + 15))) next = open + 15;
      else if (/^<(?:\s|\d|$)/.test(html.slice(open, open + 2))) next = open + 1;
      if (next < 0) return false;
      open = html.indexOf("<", next);
    }
    return true;
  }

  window.trustedTypes.createPolicy("default", {
    createHTML: (html) => (harmless(html) ? html : null),
    createScriptURL: (url) => {
      const full = new URL(url, document.baseURI).href;
      return full.startsWith(ROOT) && /\.m?js$/.test(full) ? full : null;
    },
    createScript: () => null,
  });
})();
