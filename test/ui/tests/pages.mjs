// Every page as it is first seen, on a desk and on a phone, by day and by night.
import assert from 'node:assert/strict';
import { pages, phone, wide } from '../browser.mjs';
import { replay, visit } from '../rig.mjs';

const first = 3; // requests that a first view may take, each with some calls

for (const name of pages)
	for (const [ where, viewport ] of [ [ 'on a desk', wide ], [ 'on a phone', phone ] ])
		visit(`${name}: ${where}`, replay, { viewport, isMobile: viewport == phone, hasTouch: viewport == phone }, async v => {
			await v.open(name);
			const asked = v.calls;
			v.fine();
			assert.ok(asked.length <= first, `${asked.length} requests for a first view: ${asked.join('; ')}`);
			if (name == 'overview')
				assert.ok(asked.flat().length <= first, `${asked.flat().length} calls for a first view: ${asked.join('; ')}`);
			assert.equal(asked.length, new Set(asked.map(String)).size, `asks twice: ${asked.join('; ')}`);
			assert.ok((await v.text('#view h2')).length > 0, 'the page has no heading');
			assert.deepEqual(await v.overflow(), [], 'wider than the window');
			assert.deepEqual(await v.barriers(), []);
			await v.tab.emulateMedia({ colorScheme: 'dark' });
			assert.deepEqual(await v.barriers([ 'color-contrast' ]), [], 'at night');
		});
