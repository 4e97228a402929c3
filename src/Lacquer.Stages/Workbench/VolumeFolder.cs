using Lacquer.Formats.Objects;

namespace Lacquer.Stages.Workbench;

/// <summary>A volume's files under the torrent's names, for web servers that know nothing of archives.</summary>
public static class VolumeFolder
{
    /// <summary>Makes the folder, of hard links to the objects; what is there is replaced. Where the objects are not files of this machine there is none: the ledger says which object a name is of.</summary>
    public static void Seal(string path, IObjectStore objects, IEnumerable<(string Name, ObjectName Object)> files)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        var linked = files.Select(f => (f.Name, File: objects.FileOf(f.Object))).ToList();
        if (linked.Any(f => f.File is null))
            return;
        var folder = new StagingFolder(path);
        foreach (var (name, file) in linked)
            Durable.HardLink(file!, folder[name]);
        folder.Seal();
    }

    /// <summary>Removes the folders and torrents of volumes that are retired, or that a killed run sealed but did not enter. The objects stay where they are.</summary>
    public static void RemoveUnknown(OpenArchive archive)
    {
        var volumes = archive.Layout.Volumes;
        if (!Directory.Exists(volumes))
            return;
        var known = archive.Ledger.Volumes().Where(v => !v.Retired).SelectMany(v => new[] { v.Name, v.Name + ".torrent" }).ToHashSet(StringComparer.Ordinal);
        foreach (var entry in Directory.EnumerateFileSystemEntries(volumes).Where(e => !known.Contains(Path.GetFileName(e))).ToList())
            if (Directory.Exists(entry)) Directory.Delete(entry, recursive: true);
            else File.Delete(entry);
    }
}
