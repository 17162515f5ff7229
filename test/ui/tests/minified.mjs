// Pages as a router has them: LuCI's build minifies them, and knows no JavaScript.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsmin } from '../jsmin.mjs';
import { pages } from '../browser.mjs';
import { still, visit } from '../rig.mjs';

const cases = [
	[ 'comments and blanks', 'a = b; // c\n/* d */ e( f );', 'a=b;e(f);' ],
	[ 'lines that need their end', 'a = b\nc()', 'a=b\nc()' ],
	[ 'a directive without a semicolon is lost', "'use strict'\n'require x'", "'use strict''require x'" ],
	[ 'a regular expression after a bracket', "f(/'[/]/, 1);", "f(/'[/]/,1);" ],
	[ 'signs that stay apart', 'a + +b; c - -d', 'a+ +b;c- -d' ],
	[ 'texts stay', '"a  // b" + `c  \\` d`', '"a  // b"+`c  \\` d`' ]
];

for (const [ name, text, want ] of cases)
	test('jsmin: ' + name, () => assert.equal(jsmin(text).trim(), want));

test('jsmin: a quote where it sees no regular expression', () => assert.throws(() => jsmin("return /'/;")));

visit('minified: every page', still, {}, async v => {
	let files = 0;
	await v.context.route(/luci-static\/resources\/(view\/)?weir\/.*\.js/, async route => {
		const reply = await route.fetch();
		files++;
		await route.fulfill({ response: reply, body: jsmin(await reply.text()) });
	});
	for (const name of pages) {
		await v.open(name);
		assert.equal(await v.tab.locator('#view .alert-message.danger').count(), 0, name + ' shows an error');
		v.fine();
	}
	assert.ok(files > pages.length, `${files} files were minified`);
});
