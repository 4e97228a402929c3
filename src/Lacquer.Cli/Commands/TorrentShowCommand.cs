using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Torrents;

namespace Lacquer.Cli.Commands;

/// <summary>Says what a torrent says.</summary>
internal sealed class TorrentShowCommand : Verb
{
    private const int MostFiles = 20;
    private readonly Argument<string> _file = new("FILE") { Description = "A .torrent file." };
    private readonly Option<bool> _all = new("--files") { Description = "List every file, pad files too." };

    public TorrentShowCommand()
        : base("show", "Says what is in a .torrent file: hashes, files, where each begins, web seeds, trackers, torrents that share files with it. One that no disk should see is refused, with the reason.",
            "lacquer torrent show album.torrent", "lacquer torrent show album.torrent --json")
    {
        WithoutArchive();
        Arguments.Add(_file);
        Take(_all);
    }

    public override Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var bytes = TorrentCommand.Read(terminal.PathOf(line.GetRequiredValue(_file)));
        var torrent = TorrentReader.Parse(bytes);
        var files = torrent.Files.Where(f => !f.IsPad).ToList();
        var pads = torrent.Files.Count - files.Count;
        Print(line, terminal, new
        {
            torrent.Name,
            torrent.InfoHashV1,
            torrent.InfoHashV2,
            torrent.PieceLengthBytes,
            torrent.PieceCount,
            torrent.PayloadBytes,
            LengthBytes = bytes.Length,
            torrent.TokenCount,
            torrent.IsPrivate,
            torrent.Webseeds,
            torrent.Trackers,
            torrent.Collections,
            torrent.Similar,
            Files = torrent.Files.Select(f => new { Path = string.Join('/', f.Path), f.LengthBytes, f.Root, f.V1Index, f.OffsetBytes, f.IsPad }),
        }, () =>
        {
            var facts = new Table();
            facts.Add("name", torrent.Name);
            facts.Add("form", (torrent.HasV1, torrent.HasV2) switch { (true, true) => "hybrid: v1 and v2", (true, false) => "v1", _ => "v2" } + (torrent.IsPrivate ? ", private (BEP 27)" : ""));
            if (torrent.InfoHashV1 is { } v1)
                facts.Add("info hash v1", v1.ToString());
            if (torrent.InfoHashV2 is { } v2)
                facts.Add("info hash v2", v2.ToString());
            facts.Add("files", $"{Figures.Of(files.Count, "file", "files")}, {Figures.Bytes(torrent.PayloadBytes)}{(pads > 0 ? $"; {Figures.Of(pads, "pad file", "pad files")}" : "")}");
            facts.Add("pieces", $"{Figures.Count(torrent.PieceCount)} of {Figures.Count(torrent.PieceLengthBytes)} B");
            facts.Add("torrent file", $"{Figures.Bytes(bytes.Length)}, {Figures.Of(torrent.TokenCount, "bencode token", "bencode tokens")}");
            foreach (var webseed in torrent.Webseeds)
                facts.Add("web seed", webseed);
            foreach (var tracker in torrent.Trackers)
                facts.Add("tracker", tracker);
            foreach (var collection in torrent.Collections)
                facts.Add("collection", collection);
            foreach (var similar in torrent.Similar)
                facts.Add("similar to", similar.ToString());
            facts.Print(terminal);
            terminal.Print();
            var list = new Table("v1 index", "begins at", "bytes", "file").Right(0, 1, 2);
            foreach (var file in line.GetValue(_all) ? torrent.Files : files.Take(MostFiles))
                list.Add(file.V1Index is { } index ? Figures.Count(index) : "-", Figures.Count(file.OffsetBytes), Figures.Count(file.LengthBytes), string.Join('/', file.Path));
            list.Print(terminal);
            if (files.Count > MostFiles && !line.GetValue(_all))
                terminal.Print($"and {Figures.Of(files.Count - MostFiles, "more file", "more files")}: --files lists them all");
        });
        return Task.FromResult(ExitCode.Done);
    }
}
