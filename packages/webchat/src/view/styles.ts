/** The element's style. What a page may change is in README.md: `--trunkline-…`, and parts. */
export const STYLES = `
:host {
  --_accent: var(--trunkline-accent, light-dark(#1d5fd1, #8ab4ff));
  --_on-accent: var(--trunkline-on-accent, light-dark(#fff, #0b1b36));
  --_background: var(--trunkline-background, light-dark(#fff, #15181d));
  --_surface: var(--trunkline-surface, light-dark(#f0f2f5, #252a32));
  --_text: var(--trunkline-text, light-dark(#1b1f24, #e9ecf1));
  --_muted: var(--trunkline-muted, light-dark(#59626e, #a3adba));
  --_line: var(--trunkline-line, light-dark(#d5dae1, #3a414c));
  --_control: light-dark(#808a97, #737e8d);
  --_danger: var(--trunkline-danger, light-dark(#b3261e, #ff9d94));
  --_radius: var(--trunkline-radius, 18px);
  color-scheme: light dark;
  display: flex;
  flex-direction: column;
  position: relative;
  min-width: 0;
  min-height: 0;
  height: 100%;
  max-height: var(--_viewport, 100dvh);
  overflow: hidden;
  box-sizing: border-box;
  background: var(--_background);
  color: var(--_text);
  font: var(--trunkline-font, medium/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif);
  -webkit-text-size-adjust: 100%;
  /* A page that centres all its texts does not mean these. */
  text-align: start;
  text-indent: 0;
  text-transform: none;
  text-shadow: none;
  letter-spacing: normal;
  word-spacing: normal;
  white-space: normal;
}
:host([hidden]) { display: none; }
:host([theme='light']) { color-scheme: light; }
:host([theme='dark']) { color-scheme: dark; }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.hidden {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }
.log:focus-visible { outline-offset: -3px; }
button, textarea { font: inherit; color: inherit; }
button { cursor: pointer; touch-action: manipulation; }
svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; flex: none; }
/* Also where the page has made the element a block. */
.frame { flex: auto; display: flex; flex-direction: column; min-width: 0; min-height: 0; height: 100%; max-height: var(--_viewport, 100dvh); }

.header { flex: none; padding: 12px 16px; border-bottom: 1px solid var(--_line); }
.title { margin: 0; font-size: 1.0625em; font-weight: 650; line-height: 1.4; }

.conversation { position: relative; flex: 1; min-height: 0; display: flex; }
.log { flex: 1; min-width: 0; overflow-y: auto; overscroll-behavior: contain; padding: 16px; }
.list, .tail { max-width: 46rem; margin-inline: auto; }
.entry { position: relative; display: flex; flex-direction: column; align-items: flex-start; gap: 8px; margin-bottom: 12px; }
.entry.user { align-items: flex-end; }
.bubble { max-width: min(100%, 36rem); padding: 9px 14px; border-radius: var(--_radius); background: var(--_surface); overflow-wrap: anywhere; min-width: 0; }
.entry:not(.user) > .bubble { border-end-start-radius: 5px; }
.user > .bubble { max-width: 85%; background: var(--_accent); color: var(--_on-accent); border-end-end-radius: 5px; }
.plain { white-space: pre-wrap; }
.note-in { color: var(--_muted); font-style: italic; }
.status { color: var(--_muted); font-size: 0.8125em; }
.status.failed { color: var(--_danger); }
/* Not for the moment that it takes to send: only where it takes longer. */
.late { animation: appear 0s 1s both; }
.notice { align-self: stretch; display: flex; align-items: center; gap: 12px; color: var(--_muted); font-size: 0.8125em; text-align: center; }
.notice::before, .notice::after { content: ''; flex: 1; border-top: 1px solid var(--_line); }

.bubble :is(p, ul, ol, blockquote, .wide, hr) { margin: 0.5em 0; }
.bubble :is(h1, h2, h3, h4, h5, h6) { margin: 0.75em 0 0.35em; font-size: 1.0625em; line-height: 1.35; }
.bubble :is(h1, h2) { font-size: 1.1875em; }
.bubble :is(ul, ol) { padding-inline-start: 1.4em; }
/* As heavy as the rules above, so that they win. */
.bubble > :is(p, :first-child):first-child { margin-top: 0; }
.bubble > :is(p, :last-child):last-child { margin-bottom: 0; }
.bubble blockquote { padding-inline-start: 0.8em; border-inline-start: 3px solid var(--_control); color: var(--_muted); margin-inline: 0; }
.bubble hr { border: 0; border-top: 1px solid var(--_line); }
.bubble a { color: inherit; text-decoration: underline; text-underline-offset: 2px; }
.entry:not(.user) a[href] { color: var(--_accent); }
code, pre, .json { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 0.875em; }
/* Code is read from the left, also in a text that is not. */
pre, code { direction: ltr; unicode-bidi: isolate; }
pre { text-align: left; }
code { padding: 0.1em 0.3em; border-radius: 4px; background: color-mix(in srgb, var(--_text) 9%, transparent); }
pre { margin: 0; }
pre code { padding: 0; background: none; font-size: 1em; }
.wide { overflow-x: auto; max-width: 100%; }
.wide:has(pre) { padding: 10px 12px; border-radius: 8px; background: color-mix(in srgb, var(--_text) 7%, transparent); }
.json { overflow-x: auto; overflow-wrap: normal; white-space: pre; max-width: 100%; }
table { border-collapse: collapse; }
/* A word is cut where it would not fit into a bubble, not so that a column can be narrow: the table scrolls. */
th, td { overflow-wrap: break-word; padding: 4px 10px; border: 1px solid var(--_line); text-align: start; }

.bubble.open > :last-child::after, .bubble.open:empty::after {
  content: '';
  display: inline-block;
  width: 0.5em;
  height: 1em;
  margin-inline-start: 3px;
  vertical-align: -0.15em;
  border-radius: 2px;
  background: currentColor;
  animation: blink 1s steps(2, jump-none) infinite;
}

.image { display: block; max-width: min(100%, 22rem); max-height: 22rem; min-height: 3rem; border-radius: var(--_radius); background: var(--_surface); object-fit: contain; }
.file { display: inline-flex; align-items: center; gap: 12px; min-height: 44px; max-width: 100%; padding: 9px 16px 9px 12px; border: 1px solid var(--_control); border-radius: 12px; color: inherit; text-decoration: none; }
.file-text { display: flex; flex-direction: column; min-width: 0; line-height: 1.3; }
.file-name { overflow-wrap: anywhere; text-decoration: underline; text-underline-offset: 2px; }
.file-type { color: var(--_muted); font-size: 0.8125em; }

.buttons { display: flex; flex-wrap: wrap; gap: 8px; max-width: 100%; }
.button { display: inline-flex; align-items: center; justify-content: center; min-height: 44px; min-width: 44px; max-width: 100%; padding: 8px 16px; border: 1px solid var(--_accent); border-radius: 12px; background: var(--_background); color: var(--_accent); font-weight: 600; text-align: center; text-decoration: none; overflow-wrap: anywhere; line-height: 1.3; }
.quick-replies .button, .suggestions .button { border-radius: 22px; }
.button:hover { background: color-mix(in srgb, var(--_accent) 10%, var(--_background)); }
.button:active { background: color-mix(in srgb, var(--_accent) 20%, var(--_background)); }
.retry { min-height: 44px; padding: 4px 10px; border: 0; background: none; color: inherit; font-weight: 650; text-decoration: underline; text-underline-offset: 2px; }

/* What the assistant says has a direction of its own, whatever the page's: "30 cm" is not "cm 30". */
.card-title, .card-subtitle, .button, .file-name { unicode-bidi: plaintext; }

.carousel { width: 100%; }
.track { position: relative; display: flex; gap: 12px; margin: 0; margin-inline-start: -4px; padding: 4px; list-style: none; overflow-x: auto; scroll-snap-type: x proximity; scroll-padding: 4px; scroll-behavior: smooth; }
.card { display: flex; flex-direction: column; flex: none; width: min(15rem, 82%); scroll-snap-align: start; border: 1px solid var(--_line); border-radius: var(--_radius); overflow: hidden; background: var(--_background); }
.card .image { width: 100%; max-width: none; height: 9rem; border-radius: 0; object-fit: contain; padding: 10px; }
.card-text { flex: 1; padding: 12px 14px; overflow-wrap: anywhere; }
.card-title { font-weight: 650; }
.card-subtitle { color: var(--_muted); font-size: 0.9375em; }
.card .buttons { flex-direction: column; gap: 0; }
.card .button { border-width: 1px 0 0; border-color: var(--_line); border-radius: 0; }
.card :is(.button, a):focus-visible { outline-offset: -4px; }
.arrows { display: flex; gap: 8px; margin-top: 8px; }
.arrow, .round { display: inline-flex; align-items: center; justify-content: center; width: 44px; height: 44px; padding: 0; border-radius: 50%; border: 1px solid var(--_control); background: var(--_background); flex: none; }
.arrow:dir(rtl) svg { scale: -1 1; }
.arrow[aria-disabled='true'] { opacity: 0.4; cursor: default; }

.typing { display: inline-flex; gap: 5px; padding: 14px 16px; }
.typing i { width: 8px; height: 8px; border-radius: 50%; background: var(--_muted); animation: bounce 1.2s infinite ease-in-out; }
.typing i:nth-child(2) { animation-delay: 0.15s; }
.typing i:nth-child(3) { animation-delay: 0.3s; }

.greeting { margin: 8px 0 20px; overflow-wrap: anywhere; }
.suggestions { justify-content: flex-start; }
.strip { flex: none; flex-wrap: nowrap; overflow-x: auto; width: 100%; max-width: 48rem; margin-inline: auto; padding: 6px 16px; scrollbar-width: thin; mask-image: linear-gradient(90deg, transparent, #000 16px calc(100% - 16px), transparent); }
.strip .button { flex: none; font-weight: 500; padding: 8px 14px; }

.jump { position: absolute; bottom: 12px; left: 50%; translate: -50%; display: inline-flex; align-items: center; gap: 6px; min-height: 44px; padding: 8px 16px; border: 1px solid var(--_control); border-radius: 22px; background: var(--_background); box-shadow: 0 2px 10px rgb(0 0 0 / 0.2); }
.connection { flex: none; display: flex; align-items: center; justify-content: center; flex-wrap: wrap; gap: 4px; min-height: 44px; padding: 0 16px; background: var(--_surface); font-size: 0.875em; }
.connection.failed { color: var(--_danger); }

.note { flex: none; width: 100%; max-width: 48rem; margin-inline: auto; padding-inline: 16px; }
.composer { flex: none; display: flex; align-items: flex-end; gap: 8px; width: 100%; max-width: 48rem; margin-inline: auto; padding: 8px 16px max(12px, env(safe-area-inset-bottom)); }
.input { flex: 1; min-width: 0; min-height: 46px; max-height: 9rem; padding: 10px 16px; border: 1px solid var(--_control); border-radius: 23px; background: var(--_background); resize: none; overflow-y: auto; /* Smaller, and phones zoom in. */ font-size: max(16px, 1em); line-height: 1.5; }
.input::placeholder { color: var(--_muted); opacity: 1; }
.input:focus-visible { outline-width: 2px; outline-offset: -1px; }
.round { width: 46px; height: 46px; }
.send { border-color: transparent; background: var(--_accent); color: var(--_on-accent); }
.stop svg { fill: currentColor; }

@keyframes blink { to { opacity: 0; } }
@keyframes appear { from { visibility: hidden; } }
@keyframes bounce { 0%, 60%, 100% { transform: none; } 30% { transform: translateY(-5px); } }
@media (prefers-reduced-motion: reduce) {
  .track { scroll-behavior: auto; }
  .typing i, .bubble.open > :last-child::after, .bubble.open:empty::after { animation: none; }
}
@media (forced-colors: active) {
  .bubble, .button, .round { border: 1px solid CanvasText; }
  .typing i, .bubble.open > :last-child::after, .bubble.open:empty::after { background: CanvasText; }
}
`;
