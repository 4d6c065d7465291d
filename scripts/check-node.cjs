// Loaded ahead of every command of ours (`node -r`), so it must parse on any Node there is: on one
// that is too old, the rest of a script would end in a syntax error that nobody understands.
'use strict';

var floor = require('../package.json').engines.node.replace('>=', '');

/** @param {string} version */
function rank(version) {
  var parts = version.split('.');
  return Number(parts[0]) * 1000 + Number(parts[1] || 0);
}

if (rank(process.versions.node) < rank(floor)) {
  // Put together outside the call: the formatter would end its arguments in a comma.
  var needed = 'Trunkline needs Node ' + floor + ' or newer';
  console.error(needed + ', and this is Node ' + process.versions.node + '.');
  process.exit(1);
}
