// All tests, in one process: they share a browser and daemons.
import './tests/modules.mjs';
import './tests/pages.mjs';
import './tests/lists.mjs';
import './tests/minified.mjs';
