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
    public static IReadOnlyList<Finding> Check(string subject, ReadOnlyMemory<byte> bytes)
    {
        var findings = new List<Finding>();
        void Find(string kind, FormattableString message) => findings.Add(new Finding(Stage, subject, kind, FormattableString.Invariant(message)));

        if (bytes.Length > LimitBytes)
            Find("too-long", $"{bytes.Length} bytes, where clients load at most {LimitBytes}");
        try
        {
            var reader = new BencodeReader(bytes.Span, tokenLimit: int.MaxValue);
            reader.Skip();
            reader.Finish();
            if (reader.TokenCount >= TokenLimit)
                Find("too-many-tokens", $"{reader.TokenCount} bencode tokens, where clients load fewer than {TokenLimit}");
            if (reader.TokenCount > BencodeReader.DefaultTokenLimit || bytes.Length > TorrentReader.LimitBytes)
                return findings;

            var torrent = TorrentReader.Parse(bytes);
            if (torrent.PieceCount >= PieceLimit)
                Find("too-many-pieces", $"{torrent.PieceCount} pieces, where clients load fewer than {PieceLimit}");
            foreach (var file in torrent.Files)
            {
                var path = torrent.IsSingleFile ? torrent.Name : $"{torrent.Name}/{string.Join('/', file.Path)}";
                if (path.AsSpan().ContainsAny(WindowsRefuses))
                    Find("unsafe-name", $"'{path}' has a character that Windows refuses");
                if (path.Length > PathLimitChars)
                    Find("unsafe-name", $"a path of {path.Length} characters, where {PathLimitChars} are safe on Windows: '{path}'");
            }
        }
        catch (LacquerException damage)
        {
            Find("damaged", $"{damage.Message}");
        }

        return findings;
    }
}
