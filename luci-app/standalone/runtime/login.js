// A token after "#token=" logs in by itself: "make demo" prints such a link.
// What else stands there is kept for the page that follows.
(() => {
	const form = document.querySelector('form.login'), given = /^#token=([^&]+)$/.exec(location.hash);

	if (!given) {
		form.action += location.hash;
		return;
	}
	history.replaceState(null, '', location.pathname + location.search);
	form.token.value = decodeURIComponent(given[1]);
	if (document.getElementById('message').textContent == '')
		form.submit();
})();
