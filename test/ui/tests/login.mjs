// Logging in without OpenWrt, and what the documents' policy holds back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browser, still, visit } from '../rig.mjs';

const elsewhere = process.env.WEIR_RIG ? 'LuCI has a login of its own' : false;

// stranger runs with a tab that nobody has logged in with.
function stranger(name, run, locale = 'en-US') {
	test(name, { skip: elsewhere }, async () => {
		const daemon = await still(), context = await (await browser()).newContext({ locale });
		try {
			const tab = await context.newPage();
			tab.setDefaultTimeout(10000);
			await run(tab, daemon, context);
		}
		finally {
			await context.close();
		}
	});
}

const at = (tab, path) => tab.waitForURL(url => url.pathname + url.hash == path);

stranger('login: with the token, back to where one wanted to go', async (tab, daemon) => {
	await tab.goto(daemon.page('status') + '#x=1');
	await tab.fill('#token', 'not the token');
	await tab.click('button[type=submit]');
	await tab.getByText('This is not the token.').waitFor();
	await tab.fill('#token', daemon.token());
	await tab.click('button[type=submit]');
	await at(tab, '/admin/weir/status#x=1');
	await tab.locator('#view h2').waitFor();
	assert.equal(await tab.title(), 'weir | Status');
	await tab.getByRole('button', { name: 'Log out' }).click();
	await at(tab, '/login');
	await tab.goto(daemon.page('status'));
	await at(tab, '/login');
});

stranger('login: by a link, which leaves no token in the address', async (tab, daemon) => {
	await tab.goto(daemon.url + '/login');
	await tab.goto(daemon.url + '/login#token=' + daemon.token());
	await at(tab, '/');
	await tab.locator('#view h2').waitFor();
	await tab.goto(daemon.url + '/login');
	await at(tab, '/'); // who is logged in is not asked again
});

stranger('login: a link on another site finds the login there is', async (tab, daemon, context) => {
	await daemon.login(tab);
	await context.route('http://elsewhere.test/', route => route.fulfill({ contentType: 'text/html', body: `<a href="${daemon.page('dns')}#x=1">go</a>` }));
	await tab.goto('http://elsewhere.test/');
	await tab.click('a');
	await at(tab, '/admin/weir/dns#x=1');
});

stranger('login: a session that ends is said to', async (tab, daemon, context) => {
	await daemon.login(tab);
	await tab.goto(daemon.page('status'));
	await tab.locator('#view h2').waitFor();
	await context.clearCookies();
	await tab.evaluate(() => L.require('rpc').then(rpc => rpc.declare({ object: 'weir', method: 'status' })().catch(() => null)));
	await tab.getByRole('dialog').getByRole('button', { name: 'Log in…' }).click();
	await at(tab, '/login');
});

stranger('login: in German', async (tab, daemon) => {
	await tab.goto(daemon.url + '/login');
	assert.equal(await tab.locator('h2').innerText(), 'Anmelden');
	assert.equal(await tab.locator('html').getAttribute('lang'), 'de');
}, 'de-AT');

visit('policy: no text becomes a script or a style, nothing is asked elsewhere', still, {}, async (v, context) => {
	if (elsewhere)
		return context.skip(elsewhere);
	await v.open('status');
	const refused = await v.tab.evaluate(async () => {
		const seen = [];

		document.addEventListener('securitypolicyviolation', ev => seen.push(ev.effectiveDirective));
		window.ran = 0;
		document.body.appendChild(Object.assign(document.createElement('script'), { textContent: 'window.ran++' }));
		document.querySelector('#view').insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.ran++"><b style="color:red">x</b>');
		await fetch('http://127.0.0.1:9/').catch(() => null);
		// What a debugger runs may evaluate texts; what it leaves behind may not.
		await new Promise(resolve => setTimeout(() => {
			for (const evaluate of [ eval, text => new Function(text)() ])
				try { evaluate('window.ran++'); } catch (e) { /* refused */ }
			setTimeout(resolve, 100);
		}));
		return { seen: [ ...new Set(seen) ].sort(), ran: window.ran };
	});
	assert.deepEqual(refused, { seen: [ 'connect-src', 'script-src', 'script-src-attr', 'script-src-elem', 'style-src-attr' ], ran: 0 });
	v.faults.length = 0; // the refusals are said on the console too
});
