using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Proof;

[Collection(ProofArchiveUsers.Name)]
public sealed class BrowserTests(ProofArchive proof)
{
    [Fact]
    public async Task A_listener_finds_a_release_and_hears_what_was_archived()
    {
        Need();
        await using var browser = await OpenAsync(proof.Address);
        await browser.UntilAsync("document.querySelector('.row')");
        await browser.ClickAsync("#q");
        await browser.TypeAsync("вторая");
        await browser.UntilAsync("document.querySelector('.row a[href^=\"/releases/\"]')");
        await browser.ClickAsync(".row a[href^='/releases/']");
        await browser.UntilAsync("location.pathname.startsWith('/releases/') && document.querySelector('.act.first')");
        Assert.Equal(2, (await browser.EvaluateAsync("document.querySelectorAll('.row [data-play]').length"))!.GetValue<int>());
        // What the gate did not let in is listed, without a way to play it.
        Assert.Equal(2, (await browser.EvaluateAsync("document.querySelectorAll('.row.silent').length"))!.GetValue<int>());
        await browser.ClickAsync(".act.first");
        await browser.UntilAsync("document.getElementById('player').currentTime > 0.3");
        Assert.InRange((await browser.EvaluateAsync("document.getElementById('player').duration"))!.GetValue<double>(), 4.9, 5.1);
        Assert.Equal("Звезда", (await browser.EvaluateAsync("document.getElementById('now-title').textContent"))!.GetValue<string>());

        // And one that was kept as it was: Ogg Vorbis, where the first is Opus.
        await browser.NavigateAsync(new Uri(proof.Address, "/search?q=deja+vu"));
        await browser.UntilAsync("document.querySelector('.row [data-play]')");
        await browser.ClickAsync(".row [data-play]");
        await browser.UntilAsync("document.getElementById('player').currentTime > 0.3");
        Assert.InRange((await browser.EvaluateAsync("document.getElementById('player').duration"))!.GetValue<double>(), 5.9, 6.1);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task The_editions_page_stands_on_its_own()
    {
        Need();
        foreach (var address in new Uri[] { new(proof.Address, "/editions/latest/"), new(Path.Combine(proof.Edition, "index.html")) })
        {
            await using var browser = await OpenAsync(address);
            Assert.Equal("Test archive", (await browser.EvaluateAsync("document.querySelector('h1').textContent"))!.GetValue<string>());
            Assert.Equal(3, (await browser.EvaluateAsync("document.querySelectorAll('a[href^=magnet]').length"))!.GetValue<int>());
            Assert.Equal("[]", (await browser.EvaluateAsync("JSON.stringify([...document.querySelectorAll('a[href^=\"torrents/\"]')].map(a => a.getAttribute('href')).filter(h => !h.endsWith('.torrent')))"))!.GetValue<string>());
            Assert.Equal("", string.Join("\n", browser.Complaints));
        }
    }

    [Fact]
    public async Task Every_link_of_the_editions_page_leads_somewhere()
    {
        Need();
        await using var browser = await OpenAsync(new Uri(proof.Address, "/editions/latest/"));
        var broken = await browser.EvaluateAsync("""
            Promise.all([...document.querySelectorAll('[href]')].map(a => a.href).filter(h => h.startsWith('http')).map(async h => [h, (await fetch(h, { method: 'HEAD' })).status]))
                .then(all => JSON.stringify(all.filter(([, status]) => status !== 200)))
            """);
        Assert.Equal("[]", broken!.GetValue<string>());
    }

    private static void Need()
    {
        ProofArchive.Need();
        Assert.SkipWhen(Browser.Program is null, "chromium is not installed");
    }

    private static async Task<Browser> OpenAsync(Uri address)
    {
        var browser = await Browser.StartAsync();
        await browser.NavigateAsync(address);
        return browser;
    }
}
