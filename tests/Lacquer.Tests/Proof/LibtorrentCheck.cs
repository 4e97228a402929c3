using System.Text.Json;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Proof;

/// <summary>What libtorrent reads in torrents, and how much of each it finds right in a folder.</summary>
internal static class LibtorrentCheck
{
    internal const string Python = "/usr/bin/python3";

    private const string Script = """
        import json, sys, time
        import libtorrent as lt
        session = lt.session({"enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False, "listen_interfaces": "127.0.0.1:0"})
        answers = []
        for path in sys.argv[2:]:
            info = lt.torrent_info(path)
            hashes = info.info_hashes()
            # Stopped from fetching, so that what it has is what it found on the disk.
            handle = session.add_torrent({"ti": info, "save_path": sys.argv[1], "flags": lt.torrent_flags.upload_mode})
            handle.force_recheck()
            until = time.monotonic() + 100
            seen = False
            while time.monotonic() < until:
                status = handle.status()
                checking = status.state in (lt.torrent_status.checking_files, lt.torrent_status.checking_resume_data)
                seen = seen or checking
                if not checking and (seen or status.progress == 1.0):
                    break
                time.sleep(0.02)
            status = handle.status()
            answers.append({"has_v1": hashes.has_v1(), "has_v2": hashes.has_v2(), "v1": str(hashes.v1), "v2": str(hashes.v2), "name": info.name(), "progress": status.progress,
                "pieces": status.num_pieces, "of_pieces": info.num_pieces(), "seeds": [s["url"] for s in info.web_seeds()], "error": status.errc.message() if status.errc.value() else None})
        print(json.dumps(answers))
        """;

    /// <summary>Whether its Python module is installed.</summary>
    public static bool IsThere { get; } = File.Exists(Python) && Tools.Run(Python, "-c", "import libtorrent").ExitCode == 0;

    public static void Need()
    {
        if (!IsThere)
            Assert.Skip($"{Python} cannot import libtorrent (Debian's package python3-libtorrent)");
    }

    public static IReadOnlyList<Answer> Ask(string folder, IEnumerable<string> torrents)
    {
        var (exit, output) = Tools.Run(Python, ["-c", Script, folder, .. torrents]);
        Assert.True(exit == 0, output);
        return JsonSerializer.Deserialize<List<Answer>>(output, Snake)!;
    }

    private static readonly JsonSerializerOptions Snake = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    internal sealed record Answer(bool HasV1, bool HasV2, string V1, string V2, string Name, double Progress, int Pieces, int OfPieces, IReadOnlyList<string> Seeds, string? Error);
}
