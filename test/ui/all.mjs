// All tests, in one process: they share a browser and daemons.
import './tests/runtime.mjs';
import './tests/login.mjs';
import './tests/modules.mjs';
import './tests/pages.mjs';
import './tests/lists.mjs';
import './tests/devices.mjs';
import './tests/states.mjs';
import './tests/crowd.mjs';
import './tests/minified.mjs';
import './tests/values.mjs';
