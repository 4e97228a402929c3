using Lacquer.Formats.Torrents;
using Lacquer.Tests.Studio;

namespace Lacquer.Tests.Torrents;

/// <summary>A volume of eight small files: its torrents, and its folder as a client would have it.</summary>
internal sealed class SmallVolume : IDisposable
{
    public const string Name = "volume-000001";

    private readonly TorrentFile[] _files = HybridTorrentTests.Files();

    public SmallVolume(TorrentEnvelope envelope)
    {
        Torrent = HybridTorrent.Build(Name, HybridTorrentTests.PieceLengthBytes, _files);
        foreach (var form in Enum.GetValues<TorrentForm>())
            File.WriteAllBytes(Path(form), Torrent.ToBytes(form, envelope).Span);
    }

    public Scratch Scratch { get; } = new();

    public HybridTorrent Torrent { get; }

    /// <summary>The torrent of a form.</summary>
    public string Path(TorrentForm form) => Scratch[form.FileName(Name)];

    /// <summary>Puts its folder into another, whole or with one file damaged, and with pad files, for clients that take them for ordinary ones, or without.</summary>
    public void Fill(string folder, bool damaged = false, bool pads = true)
    {
        var view = TorrentReader.Parse(Torrent.ToBytes([], []));
        var index = 0;
        foreach (var file in view.Files.Where(file => pads || !file.IsPad))
        {
            var path = System.IO.Path.Combine([folder, Name, .. file.Path]);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            var content = file.IsPad ? new byte[file.LengthBytes] : HybridTorrentTests.Content(index++);
            // The sixth of them.
            if (damaged && index == 6 && !file.IsPad)
                content[^1] ^= 1;
            File.WriteAllBytes(path, content);
        }
    }

    /// <summary>Whether the folder that a client was given has every file, byte for byte.</summary>
    public bool IsIn(string folder) => _files.Index().All(file =>
        System.IO.Path.Combine(folder, Name, file.Item.Name) is var path && File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(HybridTorrentTests.Content(file.Index)));

    public void Dispose() => Scratch.Dispose();
}
