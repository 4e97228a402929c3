using System.Buffers;
using Lacquer.Formats.Findings;

namespace Lacquer.Formats.Torrents;

/// <summary>Holds a .torrent file to what stock clients take, before it is written: a torrent that they refuse keeps nothing alive.</summary>
public static class TorrentLint
{
    /// <summary>The longest .torrent file that libtorrent 2.0.8 loads.</summary>
    public const int LimitBytes = 10_000_000;

    /// <summary>Fewer tokens than this: what libtorrent 2.0.8 takes through a magnet link.</summary>
    public const int TokenLimit = 2_500_000;

    /// <summary>Fewer pieces than this: libtorrent 2.0.8's limit.</summary>
    public const int PieceLimit = 2_097_152;

    /// <summary>The longest path, folder and separators included: Windows takes 259 characters without asking, and leaves about 80 for where it is put.</summary>
    public const int PathLimitChars = 180;

    private static readonly SearchValues<char> WindowsRefuses = SearchValues.Create("<>\"|?*");

    private const string Stage = "press";

    /// <summary>Everything about a .torrent file that a stock client would refuse.</summary>
    /// <param name="subject">What the findings are about: the torrent's name.</param>
    /// <param name="bytes">The whole .torrent file.</param>
    /// <returns>Nothing where all is well. Kinds: <c>too-long</c>, <c>too-many-tokens</c>, <c>too-many-pieces</c>, <c>unsafe-name</c>, <c>damaged</c>.</returns>
    public static IReadOnlyList<Finding> Check(string subject, ReadOnlyMemory<byte> bytes) => Check(subject, bytes, out _);

    /// <summary>Why a torrent must not be written: what <see cref="Check(string, ReadOnlyMemory{byte})"/> finds first, or the first client that is there for this form and would not load it; null where all is well.</summary>
    /// <param name="subject">The torrent's name.</param>
    /// <param name="form">What it is meant to be.</param>
    /// <param name="bytes">The whole .torrent file.</param>
    public static string? Refusal(string subject, TorrentForm form, ReadOnlyMemory<byte> bytes)
    {
        if (Check(subject, bytes, out var torrent) is [var first, ..])
            return first.Message;
        foreach (var client in TorrentClient.All)
            if (client.Takes(form) && client.Refusal(torrent!, bytes.Length) is { } refusal)
                return $"{client.Name}: {refusal}";
        return null;
    }

    private static List<Finding> Check(string subject, ReadOnlyMemory<byte> bytes, out TorrentView? torrent)
    {
        var findings = new List<Finding>();
        void Find(string kind, FormattableString message) => findings.Add(new Finding(Stage, subject, kind, FormattableString.Invariant(message)));

        torrent = null;
        if (bytes.Length > LimitBytes)
            Find("too-long", $"{bytes.Length} bytes, where clients load at most {LimitBytes}");
        try
        {
            // What the reader takes no more is still counted.
            torrent = bytes.Length > TorrentReader.LimitBytes ? null : TorrentReader.Parse(bytes);
        }
        catch (LacquerException damage)
        {
            Find("damaged", $"{damage.Message}");
        }

        if ((torrent?.TokenCount ?? Tokens(bytes.Span)) is >= TokenLimit and var tokens)
            Find("too-many-tokens", $"{tokens} bencode tokens, where clients load fewer than {TokenLimit}");
        if (torrent is null)
            return findings;
        if (torrent.PieceCount >= PieceLimit)
            Find("too-many-pieces", $"{torrent.PieceCount} pieces, where clients load fewer than {PieceLimit}");
        var isNameRefused = torrent.Name.AsSpan().ContainsAny(WindowsRefuses);
        foreach (var file in torrent.Files)
        {
            var (length, isRefused) = (torrent.Name.Length, isNameRefused);
            for (var i = 0; i < file.Path.Count && !torrent.IsSingleFile; i++)
            {
                length += 1 + file.Path[i].Length;
                isRefused |= file.Path[i].AsSpan().ContainsAny(WindowsRefuses);
            }

            if (isRefused)
                Find("unsafe-name", $"'{Path(torrent, file)}' has a character that Windows refuses");
            if (length > PathLimitChars)
                Find("unsafe-name", $"a path of {length} characters, where {PathLimitChars} are safe on Windows: '{Path(torrent, file)}'");
        }

        return findings;
    }

    private static string Path(TorrentView torrent, TorrentFileView file) => torrent.IsSingleFile ? torrent.Name : $"{torrent.Name}/{string.Join('/', file.Path)}";

    // 0 where they are no bencode.
    private static int Tokens(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new BencodeReader(bytes, tokenLimit: int.MaxValue);
            reader.Skip();
            reader.Finish();
            return reader.TokenCount;
        }
        catch (LacquerException)
        {
            return 0;
        }
    }
}
