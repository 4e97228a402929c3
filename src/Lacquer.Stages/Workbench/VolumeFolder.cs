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
}
