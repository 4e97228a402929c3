using System.Text;
using Lacquer.Formats.Editions;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Founding;

/// <summary>Writes a secret key where only its owner can read it.</summary>
internal static class SecretFile
{
    public static void Write(string path, MinisignKey key)
    {
        var partial = path + Durable.Partial;
        File.Delete(partial);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(partial, options))
        {
            file.Write(Encoding.ASCII.GetBytes(key.SecretFileText()));
            file.Flush(flushToDisk: true);
        }

        Durable.Rename(partial, path);
    }
}
