// `require` of ES modules: Node 22.12 and newer.
const bowline = require('bowline');
const { report, twoDevices } = require('./two-devices.mjs');

twoDevices(bowline).then(report, (error) => {
  console.error(error);
  process.exit(1);
});
