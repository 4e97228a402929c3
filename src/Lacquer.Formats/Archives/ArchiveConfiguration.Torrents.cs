using Lacquer.Formats.Torrents;

namespace Lacquer.Formats.Archives;

/// <content>What torrents are made, and with what.</content>
public sealed partial record ArchiveConfiguration
{
    /// <summary>Whether a volume is a folder of hard links too, where the objects are files of this machine. If not, pressing takes the ledger's word for the objects.</summary>
    public bool HasFolders { get; private init; } = true;

    /// <summary>For how many editions new objects that fill less than a quarter of a volume wait for more; 0: not at all.</summary>
    public int WaitEditions { get; private init; }

    /// <summary>The forms in which each volume's torrent is published, the hybrid first.</summary>
    public IReadOnlyList<TorrentForm> Forms { get; private init; } = [TorrentForm.Hybrid];

    /// <summary>What published torrents have beside their info dictionaries.</summary>
    public TorrentEnvelope Envelope => new(Webseeds, Trackers);

    private static List<TorrentForm> ReadForms(Section publish)
    {
        var expected = $"of {string.Join(", ", TorrentForms.Known)}, each once and hybrid among them";
        var forms = publish.Texts("forms", [TorrentForm.Hybrid.Name()])
            .Select(name => TorrentForms.TryParse(name, out var form) ? form : throw publish.Bad("forms", $"{expected}, not '{name}'")).Order().ToList();
        return forms.Contains(TorrentForm.Hybrid) && forms.Distinct().Count() == forms.Count ? forms : throw publish.Bad("forms", expected);
    }
}
