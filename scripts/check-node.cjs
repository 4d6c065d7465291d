// Loaded ahead of every command of ours (`node -r`), so it must parse on any Node there is: on one
// that is too old, the rest of a script would end in a syntax error that nobody understands.
'use strict';

// As in `^20.19 || >=22.12`: the releases of one line from there on, or all from there on.
var ranges = require('../package.json').engines.node.split(' || ');

/** @param {string} version */
function rank(version) {
  var parts = version.split('.');
  return Number(parts[0]) * 1000 + Number(parts[1] || 0);
}

/** @param {string} range */
function isIn(range) {
  var floor = rank(range.replace(/^\D+/, ''));
  var here = rank(process.versions.node);
  var isSameLine = Math.floor(here / 1000) === Math.floor(floor / 1000);
  return here >= floor && (isSameLine || range.charAt(0) === '>');
}

if (!ranges.some(isIn)) {
  // Put together outside the call: the formatter would end its arguments in a comma.
  var needed = 'Trunkline needs Node 20 from 20.19 on, or 22.12 or newer';
  console.error(needed + ', and this is Node ' + process.versions.node + '.');
  process.exit(1);
}
