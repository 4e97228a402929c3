using System.Text.Json;
using Lacquer.Cli;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Cli;

/// <summary>Looking into torrents that libtorrent made, and into what is none.</summary>
public sealed class TorrentCommandTests : IDisposable
{
    private static readonly string Vectors = Path.Combine(AppContext.BaseDirectory, "Vectors", "torrents");
    private readonly Scratch _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("v1", "v1", "3b5fd75bae646230919f30aaeea547aef2877361", false)]
    [InlineData("hybrid", "hybrid: v1 and v2", "3b5fd75bae646230919f30aaeea547aef2877361", true)]
    [InlineData("v2", "v2", "3b5fd75bae646230919f30aaeea547aef2877361", false)]
    public async Task A_torrent_is_shown_with_its_form_hashes_and_files(string name, string form, string hybridHash, bool hasHash)
    {
        var (code, text) = await Run("show", Path.Combine(Vectors, name + ".torrent"));
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains(form, text, StringComparison.Ordinal);
        Assert.Contains("disc 1/02.ogg", text, StringComparison.Ordinal);
        Assert.Equal(hasHash, text.Contains(hybridHash, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("v1", 5)]
    [InlineData("hybrid", 4)]
    [InlineData("v2", 2)]
    public async Task It_is_said_which_clients_load_it(string name, int clients)
    {
        var (code, text) = await Run("lint", Path.Combine(Vectors, name + ".torrent"), "--json");
        Assert.Equal(ExitCode.Done, code);
        using var json = JsonDocument.Parse(text);
        Assert.Equal(clients, json.RootElement.GetProperty("clients").EnumerateArray().Count(c => c.GetProperty("loads").GetBoolean()));
        Assert.Equal(name == "v1", json.RootElement.GetProperty("clients").EnumerateArray().Single(c => c.GetProperty("name").GetString()!.StartsWith("Transmission", StringComparison.Ordinal)).GetProperty("loads").GetBoolean());
    }

    [Fact]
    public async Task A_path_that_leads_out_is_refused_by_both()
    {
        var path = _folder["bad.torrent"];
        await File.WriteAllBytesAsync(path, [.. "d4:infod5:filesld6:lengthi1e4:pathl2:..1:aeee4:name1:n12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee"u8], TestContext.Current.CancellationToken);
        var (code, text) = await Run("show", path);
        Assert.Equal(13, code);
        Assert.Contains("'..'", text, StringComparison.Ordinal);
        (code, text) = await Run("lint", path);
        Assert.Equal(ExitCode.Findings, code);
        Assert.Contains("damaged: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_too_long_or_not_there_is_refused_in_a_line()
    {
        var path = _folder["long.torrent"];
        using (var file = File.Create(path))
            file.SetLength(1L << 36);
        Assert.Equal(15, (await Run("lint", path)).Code);
        Assert.Equal(10, (await Run("show", _folder["none.torrent"])).Code);
        Assert.Equal(10, (await Run("show", _folder.Root)).Code);
    }

    private static async Task<(int Code, string Text)> Run(params string[] words)
    {
        using var output = new StringWriter();
        var code = await App.RunAsync(["torrent", .. words], new Terminal(output, output), TestContext.Current.CancellationToken);
        return (code, output.ToString());
    }
}
