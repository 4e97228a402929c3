using System.CommandLine;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Torrents;

namespace Lacquer.Cli.Commands;

/// <summary>Anybody's torrents.</summary>
internal sealed class TorrentCommand : Command
{
    public TorrentCommand()
        : base("torrent", "Looks into a .torrent file, whoever made it.")
    {
        Subcommands.Add(new TorrentShowCommand());
        Subcommands.Add(new TorrentLintCommand());
    }

    /// <summary>The bytes of a .torrent file, of which no more are read than anybody's torrent may have.</summary>
    /// <exception cref="LacquerException">It is missing, unreadable or longer.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            var bytes = new byte[(int)Math.Min(file.Length, TorrentReader.LimitBytes + 1L)];
            file.ReadExactly(bytes);
            return bytes.Length <= TorrentReader.LimitBytes ? bytes
                : throw new LacquerException(Failure.Refused, FormattableString.Invariant($"{path} has {file.Length} bytes, and no torrent of more than {TorrentReader.LimitBytes} is read"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LacquerException(Failure.Missing, $"{path} cannot be read: {e.Message.ReplaceLineEndings(" ")}", "name a .torrent file", e);
        }
    }
}
