namespace Lacquer.Formats.Torrents;

/// <summary>A BitTorrent client and what it was seen to load (docs/format/volume.md).</summary>
/// <param name="Name">Its name and version.</param>
/// <param name="ReadsV2">Whether it reads the v2 part (BEP 52); it then shares hybrids in both swarms.</param>
/// <param name="TakesFileTrees">Whether it loads a torrent with a v2 part at all.</param>
/// <param name="LimitBytes">The longest .torrent file it loads.</param>
/// <param name="TokenLimit">It loads fewer bencode tokens than this.</param>
/// <param name="PieceLimit">It loads fewer pieces than this.</param>
/// <param name="InfoLimitBytes">The longest info dictionary it loads.</param>
/// <param name="TakesEqualPads">Whether two pad files (BEP 47) may have the same path.</param>
public sealed record TorrentClient(string Name, bool ReadsV2, bool TakesFileTrees, int LimitBytes = int.MaxValue, int TokenLimit = int.MaxValue, int PieceLimit = int.MaxValue, int InfoLimitBytes = int.MaxValue, bool TakesEqualPads = true)
{
    /// <summary>All that were tried.</summary>
    public static IReadOnlyList<TorrentClient> All { get; } =
    [
        new("libtorrent 2.0 (qBittorrent 4.5)", ReadsV2: true, TakesFileTrees: true, TorrentLint.LimitBytes, 3_000_000, TorrentLint.PieceLimit),
        new("libtorrent 2.0, by magnet link", ReadsV2: true, TakesFileTrees: true, TokenLimit: TorrentLint.TokenLimit, PieceLimit: TorrentLint.PieceLimit, InfoLimitBytes: 31_457_280),
        new("aria2 1.36", ReadsV2: false, TakesFileTrees: true),
        new("rtorrent 0.9.8", ReadsV2: false, TakesFileTrees: true, TakesEqualPads: false),
        new("Transmission 3.00", ReadsV2: false, TakesFileTrees: false),
    ];

    /// <summary>Whether torrents of a form are meant for it.</summary>
    public bool Takes(TorrentForm form) => form switch { TorrentForm.V1 => true, TorrentForm.V2 => TakesFileTrees && ReadsV2, _ => TakesFileTrees };

    /// <summary>Why it does not load a torrent; null where it does.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="lengthBytes">The length of its file.</param>
    public string? Refusal(TorrentView torrent, long lengthBytes)
    {
        if (torrent.HasV2 && !TakesFileTrees)
            return "it loads no torrent that has a v2 part";
        if (!torrent.HasV1 && !ReadsV2)
            return "it reads v1, and there is none";
        if (lengthBytes > LimitBytes)
            return FormattableString.Invariant($"{lengthBytes} bytes, where it loads at most {LimitBytes}");
        if (torrent.Info.Length > InfoLimitBytes)
            return FormattableString.Invariant($"an info dictionary of {torrent.Info.Length} bytes, where it loads at most {InfoLimitBytes}");
        if (torrent.TokenCount >= TokenLimit)
            return FormattableString.Invariant($"{torrent.TokenCount} bencode tokens, where it loads fewer than {TokenLimit}");
        if (!TakesEqualPads && EqualPads(torrent) is { } path)
            return $"two pad files have the same path, '{path}'";
        return torrent.PieceCount >= PieceLimit ? FormattableString.Invariant($"{torrent.PieceCount} pieces, where it loads fewer than {PieceLimit}") : null;
    }

    private static string? EqualPads(TorrentView torrent)
    {
        // Nearly all lie where BEP 47 has them, and no name has a slash.
        var met = new HashSet<string>(torrent.Files.Count / 2, StringComparer.Ordinal);
        foreach (var file in torrent.Files)
            if (file.IsPad && !met.Add(file.Path is [PadFile.Folder, var name] ? name : "/" + string.Join('/', file.Path)))
                return string.Join('/', file.Path);
        return null;
    }

    /// <summary>What it takes a torrent that it loads for: <c>v1</c>, <c>v2</c> or <c>v1 and v2</c>.</summary>
    public string Reads(TorrentView torrent) => !torrent.HasV2 || !ReadsV2 ? "v1" : torrent.HasV1 ? "v1 and v2" : "v2";
}
